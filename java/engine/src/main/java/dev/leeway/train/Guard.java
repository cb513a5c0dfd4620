package dev.leeway.train;

import dev.leeway.LeewayException;
import dev.leeway.model.Batch;
import dev.leeway.model.Llama;
import dev.leeway.objective.Column;
import dev.leeway.objective.Scored;
import dev.leeway.objective.Weighed;
import dev.leeway.tensor.Tensor;
import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.stream.IntStream;

/**
 * Stops a step whose loss, gradients, moments or weights are no numbers, or would be after it, before the optimiser moves anything. It then
 * looks for the origin: a weight, a moment, or else the first micro-batch that shows it when it is computed again, there the first
 * activation, what the objective made of it, or the way back.
 */
final class Guard {

    private static final int NAMED_ROWS = 8;

    private final Llama policy;
    private final AdamW optimizer;
    private boolean knowsTheStart;
    private boolean momentsAreSmall;

    Guard(Llama policy, AdamW optimizer) {
        this.policy = policy;
        this.optimizer = optimizer;
    }

    /**
     * Moves the weights and moments, or nothing if they, or the loss or the gradients, would not be finite. The host waits for the
     * device once, but for the first step of a run and for steps that can't be known to end in finite numbers.
     *
     * @return the norm of the gradients
     */
    double step(StepGradients pass, double loss, double learningRate) {
        if (!knowsTheStart || !Double.isFinite(loss)) {
            requireFinite(pass, loss, optimizer.measure());
        }
        if (!momentsAreSmall || !optimizer.cannotOverflow(learningRate)) {
            return stepOrStay(pass, loss, learningRate);
        }
        var outcome = optimizer.step(learningRate, AdamW.LARGEST);
        requireFinite(pass, loss, outcome.gradients());
        if (!outcome.moved()) {
            return stepOrStay(pass, loss, learningRate);
        }
        requireFiniteUpdate(pass, outcome);
        return outcome.gradients().norm();
    }

    /**
     * Passes a step of which all is finite before it moves anything, for models that move together.
     *
     * @return whether {@link #step} certainly moves them now; else the update itself may turn out to be no number
     */
    boolean isSafe(StepGradients pass, double loss, double learningRate) {
        var gradients = optimizer.measure();
        requireFinite(pass, loss, gradients);
        return gradients.norm() <= AdamW.LARGEST && momentsAreSmall && optimizer.cannotOverflow(learningRate);
    }

    /** What an update would move, as it is now, in host memory. */
    final class Before implements AutoCloseable {
        private final Arena arena = Arena.ofConfined();
        private final HostCopy copy = new HostCopy(arena);
        private final int steps = optimizer.steps();

        Before() {
            for (var state : optimizer.states()) {
                state.parameter().master().ifPresent(master -> copy.add(master.name(), master));
                copy.add(state.parameter().name(), state.parameter().value());
                state.moments().forEach(tensor -> copy.add(tensor.name(), tensor));
            }
            copy.take(policy.device());
        }

        /** Takes the update back. */
        void restore() {
            copy.putBack(policy.device());
            optimizer.resume(steps);
        }

        @Override
        public void close() {
            arena.close();
        }
    }

    private static void requireFiniteUpdate(StepGradients pass, AdamW.Outcome outcome) {
        if (!outcome.weights().isEmpty()) {
            throw LeewayException.numerics("step %d: weight %s behind the update; go back to an earlier checkpoint", pass.number(),
                count(outcome.weights().firstEntry().getKey(), outcome.weights()));
        }
    }

    /** Passes a step of which all is finite. Before the first one, weights and moments are looked at; later ones end in finite ones. */
    private void requireFinite(StepGradients pass, double loss, AdamW.GradientNorm gradients) {
        boolean suspect = !Double.isFinite(loss) || !gradients.nonfinite().isEmpty();
        if (suspect || !knowsTheStart) {
            requireFiniteWeights(pass);
            requireFiniteMoments(pass);
            knowsTheStart = true;
        }
        if (suspect) {
            for (int micro = 0; micro < pass.micros().size(); micro++) {
                requireFinite(pass, micro);
            }
            throw failure(pass, gradients.nonfinite().isEmpty() ? "the loss is " + loss : gradient(gradients.nonfinite()),
                "the sum over all micro-batches; none shows it alone");
        }
    }

    /** Passes an evaluation's loss up to this batch. */
    void requireFiniteLoss(Batch batch, double loss) {
        if (!Double.isFinite(loss)) {
            throw LeewayException.numerics("the evaluation's loss is %s at a batch that begins with %s; the model or that row is no good",
                loss, policy.rowNames().of(batch.unitIds()[0]));
        }
    }

    private void requireFiniteWeights(StepGradients pass) {
        var weights = policy.nonfinite();
        if (!weights.isEmpty()) {
            throw LeewayException.numerics("step %d: weight %s (%s); nothing has moved; no loss of this model means anything, go back to "
                + "an earlier checkpoint", pass.number(), count(weights.firstEntry().getKey(), weights), firstSight(pass));
        }
    }

    private void requireFiniteMoments(StepGradients pass) {
        var moments = optimizer.measureMoments();
        for (var kind : moments) {
            if (!kind.nonfinite().isEmpty()) {
                throw LeewayException.numerics("step %d: moment %s; the update of its weight would be no number, nothing has moved; go "
                    + "back to an earlier checkpoint", pass.number(), count(kind.nonfinite().firstEntry().getKey(), kind.nonfinite()));
            }
        }
        momentsAreSmall = moments.getFirst().norm() <= AdamW.LARGEST && Math.sqrt(moments.getLast().norm()) <= AdamW.LARGEST;
    }

    /** The first micro-batch whose scores a spoiled weight reaches. */
    private String firstSight(StepGradients pass) {
        for (int micro = 0; micro < pass.micros().size(); micro++) {
            var batch = pass.micros().get(micro);
            var scores = pass.score(micro).policy();
            for (var column : Column.values()) {
                var rows = scores.find(column).map(values -> nonfinite(batch, column, values)).orElse(List.of());
                if (!rows.isEmpty()) {
                    return place(micro, batch, rows);
                }
            }
        }
        return "no loss of this step shows it";
    }

    private double stepOrStay(StepGradients pass, double loss, double learningRate) {
        try (var before = new Before()) {
            var outcome = optimizer.step(learningRate, Double.POSITIVE_INFINITY);
            requireFinite(pass, loss, outcome.gradients());
            var spoiled = firstSpoiled(outcome);
            if (spoiled.isPresent()) {
                before.restore();
                throw failure(pass, "the update would leave " + spoiled.get(),
                    "all %d micro-batches, learning rate %s, gradient norm %.3g".formatted(pass.micros().size(), learningRate,
                        outcome.gradients().norm()));
            }
            return outcome.gradients().norm();
        }
    }

    /** A weight or moment that an update made no number. */
    private Optional<String> firstSpoiled(AdamW.Outcome outcome) {
        if (!outcome.weights().isEmpty()) {
            return Optional.of("weight " + left(outcome.weights()));
        }
        return optimizer.measureMoments().stream().map(AdamW.GradientNorm::nonfinite).filter(counts -> !counts.isEmpty())
            .map(counts -> "moment " + left(counts)).findFirst();
    }

    private static String left(SequencedMap<String, Long> counts) {
        return "%s with %d NaN or infinite elements".formatted(counts.firstEntry().getKey(), counts.firstEntry().getValue());
    }

    /** Computes a micro-batch again and follows it until something is no number. */
    private void requireFinite(StepGradients pass, int micro) {
        var batch = pass.micros().get(micro);
        policy.zeroGradients();
        var scored = pass.score(micro);
        requireFiniteScores(pass, micro, batch, scored);
        var weighed = pass.weigh(scored);
        requireFiniteObjective(pass, micro, batch, weighed);
        pass.backward(micro, weighed);
        var gradients = optimizer.measure().nonfinite();
        if (!gradients.isEmpty()) {
            throw failure(pass, gradient(gradients), place(micro, batch, all(batch)));
        }
    }

    private void requireFiniteScores(StepGradients pass, int micro, Batch batch, Scored scored) {
        var unknown = scored.reference().flatMap(scores -> scores.find(Column.LOG_PROB))
            .map(values -> nonfinite(batch, Column.LOG_PROB, values)).orElse(List.of());
        if (!unknown.isEmpty()) {
            throw failure(pass, "a log-prob of the reference is not finite", place(micro, batch, unknown));
        }
        for (var column : Column.values()) {
            var rows = scored.policy().find(column).map(values -> nonfinite(batch, column, values)).orElse(List.of());
            if (!rows.isEmpty()) {
                var where = firstActivation(batch.rows()).map(name -> "the output of " + name + " is not finite");
                throw failure(pass, where.orElse(column + " of the head is not finite"), place(micro, batch, rows));
            }
        }
    }

    private void requireFiniteObjective(StepGradients pass, int micro, Batch batch, Weighed weighed) {
        for (var column : Column.values()) {
            var rows = weighed.gradients().column(column).map(values -> nonfinite(batch, column, values)).orElse(List.of());
            if (!rows.isEmpty()) {
                throw failure(pass, "the objective's derivative by " + column + " is not finite", place(micro, batch, rows));
            }
        }
        if (!Double.isFinite(weighed.loss())) {
            throw failure(pass, "the loss is " + weighed.loss(), place(micro, batch, all(batch)));
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
        var values = new float[Math.toIntExact(rows * activation.size(1))];
        policy.device().download(activation, values);
        for (float value : values) {
            if (!Float.isFinite(value)) {
                return false;
            }
        }
        return true;
    }

    /** The sequences with a value that is no number. */
    private static List<Integer> nonfinite(Batch batch, Column column, double[] values) {
        boolean perSequence = column == Column.VALUE;
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

    /** Micro-batch and rows; the sequences of a unit are one row. */
    private String place(int micro, Batch batch, List<Integer> sequences) {
        var rows = sequences.stream().map(s -> policy.rowNames().of(batch.unitIds()[s])).distinct().toList();
        var named = String.join(", ", rows.subList(0, Math.min(rows.size(), NAMED_ROWS)));
        return "micro-batch %d, %s%s".formatted(micro + 1, named, rows.size() > NAMED_ROWS ? ", …" : "");
    }

    private static LeewayException failure(StepGradients pass, String what, String where) {
        return LeewayException.numerics("step %d: %s (%s); weights unchanged; lower the learning rate or look at those rows",
            pass.number(), what, where);
    }
}
