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
        int step = done;
        while (step < steps && !stop.isRequested()) {
            listener.stepDone(take(data, step++, steps));
        }
        return step;
    }

    /** Takes one step. */
    StepReport take(BatchSource data, int step, int steps) {
        long begin = System.nanoTime();
        var pass = new StepGradients(scoring, noise.at(step), data.step(step), data.mayTrainNothing());
        var sum = pass.accumulate((micro, scores) -> data.scored(step, micro, scores));
        double rate = learningRate * schedule.factor(step);
        double norm = guard.step(pass, sum.loss(), rate);
        return new StepReport(step + 1, steps, data.epochs(step + 1), sum.loss(), rate, norm, pass.trainedTokens(), pass.tokens(),
            (System.nanoTime() - begin) * 1e-9, with(data.metrics(step), sum.metrics()));
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
