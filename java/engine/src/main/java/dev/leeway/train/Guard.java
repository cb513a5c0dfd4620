package dev.leeway.train;

import dev.leeway.LeewayException;
import dev.leeway.model.Batch;
import dev.leeway.model.Llama;
import dev.leeway.objective.Column;
import dev.leeway.objective.Scored;
import dev.leeway.objective.Weighed;
import dev.leeway.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Stops a step whose loss, gradients or weights are no numbers, before the optimiser moves anything. It then looks for the origin: a
 * weight, or else the first micro-batch that shows it when it is computed again, there the first activation, what the objective made of it,
 * or the way back.
 */
final class Guard {

    private static final int NAMED_ROWS = 8;

    private final Llama policy;
    private final AdamW optimizer;
    private boolean knowsFrozenWeights;

    Guard(Llama policy, AdamW optimizer) {
        this.policy = policy;
        this.optimizer = optimizer;
    }

    /** Passes a step of which all is finite; frozen weights are looked at once. */
    void requireFinite(StepGradients pass, double loss, AdamW.GradientNorm gradients) {
        if (!Double.isFinite(loss) || !gradients.nonfinite().isEmpty() || !knowsFrozenWeights) {
            requireFinite(pass.number(), policy.nonfinite(policy.parameters()));
            knowsFrozenWeights = true;
        }
        requireFinite(pass.number(), policy.nonfinite(policy.trainedParameters()));
        if (!Double.isFinite(loss) || !gradients.nonfinite().isEmpty()) {
            for (int micro = 0; micro < pass.micros().size(); micro++) {
                requireFinite(pass, micro);
            }
            throw failure(pass.number(), gradients.nonfinite().isEmpty() ? "the loss is " + loss : gradient(gradients.nonfinite()),
                "the sum over all micro-batches; none shows it alone");
        }
    }

    /** Passes if the trained weights are finite after {@code steps} steps. */
    void requireFiniteWeights(long steps) {
        requireFinite(steps, policy.nonfinite(policy.trainedParameters()));
    }

    private static void requireFinite(long step, SequencedMap<String, Long> weights) {
        if (!weights.isEmpty()) {
            throw LeewayException.numerics("step %d: weight %s; no loss of this model means anything; go back to an earlier checkpoint",
                step, count(weights.firstEntry().getKey(), weights));
        }
    }

    /** Computes a micro-batch again and follows it until something is no number. */
    private void requireFinite(StepGradients pass, int micro) {
        var batch = pass.micros().get(micro);
        policy.zeroGradients();
        var scored = pass.score(micro);
        requireFiniteScores(pass.number(), micro, batch, scored);
        var weighed = pass.weigh(scored);
        requireFiniteObjective(pass.number(), micro, batch, weighed);
        pass.backward(micro, weighed);
        var gradients = optimizer.measure().nonfinite();
        if (!gradients.isEmpty()) {
            throw failure(pass.number(), gradient(gradients), place(micro, batch, all(batch)));
        }
    }

    private void requireFiniteScores(long step, int micro, Batch batch, Scored scored) {
        for (var column : Column.values()) {
            var rows = scored.policy().find(column).map(values -> nonfinite(batch, values)).orElse(List.of());
            if (!rows.isEmpty()) {
                var where = firstActivation(batch.rows()).map(name -> "the output of " + name + " is not finite");
                throw failure(step, where.orElse(column + " of the head is not finite"), place(micro, batch, rows));
            }
        }
    }

    private static void requireFiniteObjective(long step, int micro, Batch batch, Weighed weighed) {
        for (var column : Column.values()) {
            var rows = weighed.gradients().column(column).map(values -> nonfinite(batch, values)).orElse(List.of());
            if (!rows.isEmpty()) {
                throw failure(step, "the objective's derivative by " + column + " is not finite", place(micro, batch, rows));
            }
        }
        if (!Double.isFinite(weighed.loss())) {
            throw failure(step, "the loss is " + weighed.loss(), place(micro, batch, all(batch)));
        }
    }

    /** The first module of the last forward pass whose output holds NaN or infinity. */
    private Optional<String> firstActivation(int rows) {
        int layers = policy.config().numHiddenLayers();
        for (int i = 0; i <= layers; i++) {
            if (!isFinite(policy.stream(i), rows)) {
                return Optional.of(i == 0 ? "model.embed_tokens" : "model.layers." + (i - 1));
            }
        }
        return isFinite(policy.hidden(), rows) ? Optional.empty() : Optional.of("model.norm");
    }

    private boolean isFinite(Tensor activation, int rows) {
        var values = new float[Math.toIntExact(rows * activation.shape()[1])];
        policy.device().download(activation, values);
        for (float value : values) {
            if (!Float.isFinite(value)) {
                return false;
            }
        }
        return true;
    }

    /** The sequences with a value that is no number; {@code values} has one a position, or one a sequence. */
    private static List<Integer> nonfinite(Batch batch, double[] values) {
        boolean perSequence = values.length == batch.sequences();
        return IntStream.range(0, batch.sequences()).filter(s -> {
            int first = perSequence ? s : batch.sequenceStarts()[s];
            int end = perSequence ? s + 1 : batch.sequenceStarts()[s + 1];
            return !Arrays.stream(values, first, end).allMatch(Double::isFinite);
        }).boxed().toList();
    }

    private static List<Integer> all(Batch batch) {
        return IntStream.range(0, batch.sequences()).boxed().toList();
    }

    /** The parameter nearest to the loss, where the way back went wrong first. */
    private static String gradient(SequencedMap<String, Long> gradients) {
        var others = gradients.size() == 1 ? "" : ", and so have %d more".formatted(gradients.size() - 1);
        return "gradient of " + count(gradients.lastEntry().getKey(), gradients) + others;
    }

    private static String count(String name, SequencedMap<String, Long> counts) {
        long count = counts.get(name);
        return "%s has %d %s NaN or infinite".formatted(name, count, count == 1 ? "element that is" : "elements that are");
    }

    private static String place(int micro, Batch batch, List<Integer> sequences) {
        var ids = sequences.stream().limit(NAMED_ROWS).map(s -> Long.toString(batch.unitIds()[s])).collect(Collectors.joining(" "));
        return "micro-batch %d, rows %s%s".formatted(micro + 1, ids, sequences.size() > NAMED_ROWS ? " …" : "");
    }

    private static LeewayException failure(long step, String what, String where) {
        return LeewayException.numerics("step %d: %s (%s); weights unchanged; lower the learning rate or look at those rows",
            step, what, where);
    }
}
