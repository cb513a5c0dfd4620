package dev.leeway.train;

import dev.leeway.model.Batch;
import dev.leeway.model.Llama;
import dev.leeway.model.TrainingNoise;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The training loop: any objective, any batch source, full weights or an adapter. */
public final class Trainer {

    private final Schedule schedule;
    private final double learningRate;
    private final TrainingNoise noise;
    private final Guard guard;
    private final Scoring scoring;

    /** A trainer whose step {@code s} uses {@code learningRate · schedule.factor(s)}; {@code noise} is drawn anew at each step. */
    public Trainer(Llama policy, Method method, AdamW optimizer, Schedule schedule, double learningRate, TrainingNoise noise) {
        method.requireFits(policy);
        this.schedule = schedule;
        this.learningRate = learningRate;
        this.noise = noise;
        this.guard = new Guard(policy, optimizer);
        this.scoring = new Scoring(policy, method);
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
     * Continues behind the first {@code done} steps and runs until {@code steps} are behind, or until a stop is asked for; the step that is
     * under way then is finished. Weights, moments and the optimiser's count must be those behind {@code done} steps.
     *
     * @return steps behind the model now
     */
    public int train(BatchSource data, int done, int steps, StopRequest stop, StepListener listener) {
        data.requireFits(scoring.method());
        data.requireFits(noise);
        int step = done;
        while (step < steps && !stop.isRequested()) {
            listener.stepDone(move(data, accumulate(data, step++), steps));
        }
        return step;
    }

    /**
     * A step whose gradients are in the model, and that has moved nothing.
     *
     * @param step from 0
     * @param sum loss and metrics
     * @param nanos that it took
     */
    record Pending(int step, StepGradients pass, EvaluationReport sum, long nanos) {
    }

    /** The first half of a step: its gradients. */
    Pending accumulate(BatchSource data, int step) {
        long begin = System.nanoTime();
        var pass = new StepGradients(scoring, noise.at(step), data.step(step), data.mayTrainNothing());
        var sum = pass.accumulate((micro, scores) -> data.scored(step, micro, scores));
        return new Pending(step, pass, sum, System.nanoTime() - begin);
    }

    /** The second half: the weights move. */
    StepReport move(BatchSource data, Pending pending, int steps) {
        long begin = System.nanoTime();
        int step = pending.step();
        var pass = pending.pass();
        var sum = pending.sum();
        double norm = guard.step(pass, sum.loss(), rate(step));
        return new StepReport(step + 1, steps, data.epochs(step + 1), sum.loss(), rate(step), norm, pass.trainedTokens(), pass.tokens(),
            (System.nanoTime() - begin + pending.nanos()) * 1e-9, with(data.metrics(step), sum.metrics()));
    }

    /** Passes a step of which all is finite; whether {@link #move} certainly succeeds then. */
    boolean isSafe(Pending pending) {
        return guard.isSafe(pending.pass(), pending.sum().loss(), rate(pending.step()));
    }

    /** What {@link #move} would move. */
    Guard.Before before() {
        return guard.new Before();
    }

    TrainingNoise noise() {
        return noise;
    }

    private double rate(int step) {
        return learningRate * schedule.factor(step);
    }

    private static Map<String, Double> with(Map<String, Double> ofSource, Map<String, Double> ofObjective) {
        if (ofSource.isEmpty()) {
            return ofObjective;
        }
        var all = new HashMap<>(ofSource);
        all.putAll(ofObjective);
        return Map.copyOf(all);
    }

    /** Loss and metrics over batches without training: the objective with all of them as one step; nothing is random. */
    public EvaluationReport evaluate(List<Batch> batches) {
        return new StepGradients(scoring, batches).evaluate(guard::requireFiniteLoss);
    }
}
