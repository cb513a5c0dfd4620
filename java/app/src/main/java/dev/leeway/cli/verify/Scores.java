package dev.leeway.cli.verify;

import dev.leeway.ffi.DType;
import dev.leeway.io.Safetensors;
import dev.leeway.model.Batch;
import dev.leeway.objective.Column;
import dev.leeway.objective.Normalisers;
import dev.leeway.objective.Scored;
import dev.leeway.objective.SupervisedFineTuning;
import dev.leeway.tensor.MemoryPlan;
import dev.leeway.tensor.MemoryPlan.Purpose;
import dev.leeway.train.TrainingSession;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/** Forward and backward pass of a batch, compared with what a case stores of them. */
record Scores(TrainingSession session, Inputs inputs, Safetensors expected) {

    /**
     * A pass forward and back, which leaves its gradients in the session.
     *
     * @param logProbs of every row of the batch
     * @param loss mean over its trained tokens
     */
    record Pass(double[] logProbs, double loss) {

        static Pass of(TrainingSession session, Batch batch) {
            var model = session.model();
            var scores = model.score(batch, Set.of(Column.LOG_PROB));
            var weighed = new SupervisedFineTuning().weigh(Scored.of(scores, batch.objectiveTargets()),
                Normalisers.of(List.of(batch.objectiveTargets())));
            model.zeroGradients();
            model.backward(batch, weighed.gradients());
            return new Pass(scores.logProb(), weighed.loss());
        }
    }

    void compare(Checks checks) {
        var model = session.model();
        var batch = inputs.batch();
        var found = logits(session, batch, IntStream.range(0, batch.rows()).toArray());
        checks.absolute("logits", found, inputs.packed(expected.require("logits").toDoubles(), model.config().vocabSize()), Gates.LOGITS);
        expected.find("hidden.embed").ifPresent(tensor -> hiddenStates(checks));
        var pass = Pass.of(session, batch);
        checks.absolute("log-probs", pass.logProbs(), inputs.packed(expected.require("logprobs").toDoubles(), 1), Gates.LOGITS);
        checks.absolute("loss", pass.loss(), expected.require("loss").toDoubles()[0], Gates.LOSS);
        gradients(checks);
    }

    /** Compares every stored gradient; a trained parameter without a stored gradient, or the reverse, fails. */
    void gradients(Checks checks) {
        if (expected.tensors().stream().noneMatch(tensor -> tensor.name().startsWith("grad."))) {
            return;
        }
        var trained = session.model().trainedParameters();
        for (var parameter : trained) {
            var gradient = session.model().device().floats(parameter.gradient().orElseThrow());
            checks.gradient("gradient of " + parameter.name(), Checks.doubles(gradient), expected.require("grad." + parameter.name()),
                Gates.GRADIENT);
        }
        long stored = expected.tensors().stream().filter(tensor -> tensor.name().startsWith("grad.")).count();
        checks.equal("number of gradients", Math.abs(stored - trained.size()));
    }

    private void hiddenStates(Checks checks) {
        int layers = session.model().config().numHiddenLayers();
        hiddenState("embed", 0, checks);
        for (int i = 0; i < layers; i++) {
            hiddenState(Integer.toString(i), i + 1, checks);
        }
        compareState("norm", session.model().device().floats(session.model().hidden()), checks);
    }

    private void hiddenState(String name, int stream, Checks checks) {
        compareState(name, session.model().device().floats(session.model().stream(stream)), checks);
    }

    /** Gated like logits, relative to the largest element where that exceeds 1: the stream of Gemma is √hidden times larger. */
    private void compareState(String name, float[] found, Checks checks) {
        int width = session.model().config().hiddenSize();
        var values = inputs.packed(expected.require("hidden." + name).toDoubles(), width);
        double scale = Math.max(1, java.util.Arrays.stream(values).map(Math::abs).max().orElse(1));
        var used = java.util.Arrays.copyOf(Checks.doubles(found), values.length);
        checks.absolute("hidden." + name, used, values, Gates.LOGITS * scale);
    }

    /** Logits of chosen rows of a packed batch, row after row. */
    static double[] logits(TrainingSession session, Batch batch, int[] rows) {
        var model = session.model();
        var plan = new MemoryPlan();
        var logits = plan.reserve(Purpose.HEAD, "logits", DType.F32, rows.length, model.config().vocabSize());
        try (var _ = plan.allocate(model.device())) {
            model.forward(batch);
            model.logits(rows, batch.rows(), logits);
            return Checks.doubles(model.device().floats(logits));
        }
    }
}
