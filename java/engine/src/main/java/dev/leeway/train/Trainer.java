package dev.leeway.train;

import dev.leeway.LeewayException;
import dev.leeway.model.Batch;
import dev.leeway.model.Llama;
import dev.leeway.model.TrainingNoise;
import dev.leeway.objective.Normalisers;
import dev.leeway.objective.Objective;
import dev.leeway.objective.Scored;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The training loop: any objective, any batch source, full weights or an adapter. */
public final class Trainer {

    private final Llama policy;
    private final Objective objective;
    private final AdamW optimizer;
    private final Schedule schedule;
    private final double learningRate;
    private final long seed;

    /** A trainer whose step {@code s} uses {@code learningRate · schedule.factor(s)}; dropout is drawn from the {@code seed}. */
    public Trainer(Llama policy, Objective objective, AdamW optimizer, Schedule schedule, double learningRate, long seed) {
        this.policy = policy;
        this.objective = objective;
        this.optimizer = optimizer;
        this.schedule = schedule;
        this.learningRate = learningRate;
        this.seed = seed;
    }

    /** Runs all steps of the schedule. */
    public void train(BatchSource data, StepListener listener) {
        train(data, schedule.totalSteps(), listener);
    }

    /** Runs the first {@code steps} steps of the schedule. */
    public void train(BatchSource data, int steps, StepListener listener) {
        train(data, 0, steps, new StopRequest(), listener);
    }

    /**
     * Continues behind the first {@code done} steps and runs until {@code steps} are behind, or until a stop is asked for; the step that is under way
     * then is finished. Weights, moments and the optimiser's count must be those behind {@code done} steps.
     *
     * @return steps behind the model now
     */
    public int train(BatchSource data, int done, int steps, StopRequest stop, StepListener listener) {
        int step = done;
        while (step < steps && !stop.isRequested()) {
            listener.stepDone(take(data, step++, steps));
        }
        return step;
    }

    private StepReport take(BatchSource data, int step, int steps) {
        long begin = System.nanoTime();
        var micros = data.step(step);
        var sum = accumulate(step, micros);
        var gradients = optimizer.measure();
        requireFinite(step, sum.loss, gradients, micros);
        double rate = learningRate * schedule.factor(step);
        optimizer.step(rate, gradients.norm());
        return new StepReport(step + 1, steps, data.epochs(step + 1), sum.loss, rate, gradients.norm(), sum.trainedTokens,
            micros.stream().mapToLong(Batch::rows).sum(), (System.nanoTime() - begin) * 1e-9, sum.metrics);
    }

    /** The mean loss over batches without training: the objective with all of them as one step. */
    public double evaluate(List<Batch> batches) {
        var normalisers = Normalisers.of(batches.stream().map(Batch::objectiveTargets).toList());
        requireTrained("the evaluation", normalisers);
        double loss = 0;
        for (var batch : batches) {
            var scores = policy.score(batch, objective.needs());
            loss += objective.weigh(Scored.of(scores, batch.objectiveTargets()), normalisers).loss();
        }
        return loss;
    }

    private static final class Sum {
        double loss;
        long trainedTokens;
        final Map<String, Double> metrics = new HashMap<>();
    }

    /** Gradients of a step, summed over its micro-batches. The denominators are those of the whole step. */
    private Sum accumulate(int step, List<Batch> micros) {
        var targets = micros.stream().map(Batch::objectiveTargets).toList();
        var normalisers = Normalisers.of(targets);
        requireTrained("step " + (step + 1), normalisers);
        policy.zeroGradients();
        var sum = new Sum();
        sum.trainedTokens = normalisers.tokens();
        var noise = new TrainingNoise(seed, step);
        for (int i = 0; i < micros.size(); i++) {
            var scores = policy.score(micros.get(i), objective.needs(), noise);
            var weighed = objective.weigh(Scored.of(scores, targets.get(i)), normalisers);
            requireFinite(step, i, weighed.loss(), micros.get(i));
            policy.backward(micros.get(i), weighed.gradients());
            sum.loss += weighed.loss();
            weighed.metrics().forEach((name, value) -> sum.metrics.merge(name, value, Double::sum));
        }
        return sum;
    }

    private static void requireTrained(String what, Normalisers normalisers) {
        if (normalisers.tokens() == 0) {
            throw LeewayException.data("%s has no trained token in %d rows; check the loss mask of the data", what, normalisers.sequences());
        }
    }

    private static void requireFinite(int step, int micro, double loss, Batch batch) {
        if (!Double.isFinite(loss)) {
            throw LeewayException.numerics("step %d: the loss is %s (micro-batch %d, rows %s); weights unchanged; lower the learning rate or look at those "
                + "rows", step + 1, loss, micro + 1, rows(batch));
        }
    }

    private static void requireFinite(int step, double loss, AdamW.GradientNorm gradients, List<Batch> micros) {
        if (!gradients.nonfinite().isEmpty() || !Double.isFinite(gradients.norm())) {
            throw LeewayException.numerics("step %d: gradient of %s NaN or infinite elements (loss %s, rows %s); weights unchanged; lower the learning rate "
                + "or look at those rows", step + 1, String.join(", ", gradients.nonfinite().stream().limit(3).toList()), loss,
                String.join(", ", micros.stream().map(Trainer::rows).toList()));
        }
    }

    private static String rows(Batch batch) {
        var ids = java.util.Arrays.stream(batch.unitIds()).mapToObj(Long::toString).limit(8).toList();
        return String.join(" ", ids) + (batch.sequences() > 8 ? " …" : "");
    }
}
