package dev.leeway.train;

import dev.leeway.model.Batch;
import dev.leeway.model.Llama;
import dev.leeway.model.TrainingNoise;
import dev.leeway.objective.Normalisers;
import dev.leeway.objective.Objective;
import dev.leeway.objective.Scored;
import java.util.List;

/** The training loop: any objective, any batch source, full weights or an adapter. */
public final class Trainer {

    private final Llama policy;
    private final Objective objective;
    private final AdamW optimizer;
    private final Schedule schedule;
    private final double learningRate;
    private final TrainingNoise noise;
    private final Guard guard;
    private final StepGradients.Room room = new StepGradients.Room();

    /** A trainer whose step {@code s} uses {@code learningRate · schedule.factor(s)}; {@code noise} is drawn anew at each step. */
    public Trainer(Llama policy, Objective objective, AdamW optimizer, Schedule schedule, double learningRate, TrainingNoise noise) {
        this.policy = policy;
        this.objective = objective;
        this.optimizer = optimizer;
        this.schedule = schedule;
        this.learningRate = learningRate;
        this.noise = noise;
        this.guard = new Guard(policy, optimizer);
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
        int step = done;
        while (step < steps && !stop.isRequested()) {
            listener.stepDone(take(data, step++, steps));
        }
        return step;
    }

    private StepReport take(BatchSource data, int step, int steps) {
        long begin = System.nanoTime();
        var pass = new StepGradients(policy, objective, noise.at(step), data.step(step), room);
        var sum = pass.accumulate();
        var gradients = optimizer.measure();
        guard.requireFinite(pass, sum.loss(), gradients);
        double rate = learningRate * schedule.factor(step);
        guard.step(pass, rate, gradients.norm());
        return new StepReport(step + 1, steps, data.epochs(step + 1), sum.loss(), rate, gradients.norm(), pass.trainedTokens(),
            pass.tokens(), (System.nanoTime() - begin) * 1e-9, sum.metrics());
    }

    /** The mean loss over batches without training: the objective with all of them as one step. */
    public double evaluate(List<Batch> batches) {
        var normalisers = Normalisers.of(batches.stream().map(Batch::objectiveTargets).toList());
        if (normalisers.tokens() == 0) {
            throw StepGradients.nothingTrained("the evaluation", normalisers);
        }
        double loss = 0;
        for (var batch : batches) {
            var scores = policy.score(batch, objective.needs());
            loss += objective.weigh(Scored.of(scores, batch.objectiveTargets()), normalisers).loss();
            guard.requireFiniteLoss(batch, loss);
        }
        return loss;
    }
}
