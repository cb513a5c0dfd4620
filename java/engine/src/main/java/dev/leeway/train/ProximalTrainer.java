package dev.leeway.train;

import dev.leeway.LeewayException;
import dev.leeway.model.TrainingNoise;
import dev.leeway.objective.ClippedValue;
import dev.leeway.objective.ProximalPolicy;
import java.util.HashMap;

/**
 * PPO's loop: each step moves the policy by {@link ProximalPolicy} and the value model by {@link ClippedValue}, on the same completions of
 * the same rollout. No gradient crosses between the two, so this is the step of TRL's sum of their losses; each has its own gradient norm
 * to be clipped.
 *
 * <p>The session is planned with {@link TrainingSession.Settings#withValueModel}, the rollouts by {@link AdvantageRule.Generalized} with an
 * order that is reshuffled in each iteration: {@code new ReplayOrder(batchSize, numMiniBatches, numPpoEpochs, true, seed)}.
 */
public final class ProximalTrainer {

    /**
     * Its losses.
     *
     * @param cliprange {@code cliprange}
     * @param cliprangeValue {@code cliprange_value}
     * @param valueCoefficient {@code vf_coef}
     */
    public record Losses(double cliprange, double cliprangeValue, double valueCoefficient) {

        /** TRL's defaults. */
        public static final Losses DEFAULTS = new Losses(0.2, 0.2, 0.1);
    }

    private final RolloutBatches rollouts;
    private final ValueBatches states;
    private final Trainer policy;
    private final Trainer value;

    /** A trainer of the session's policy and value model; both use the schedule and the learning rate. */
    public ProximalTrainer(TrainingSession session, RolloutBatches rollouts, Losses losses, Schedule schedule, double learningRate,
            TrainingNoise noise) {
        this.rollouts = rollouts;
        states = new ValueBatches(rollouts);
        double temperature = rollouts.settings().request().sampling().temperature();
        var critic = session.critic().orElseThrow(() -> new IllegalStateException("the session was planned without a value model"));
        var clipped = Method.of(new ProximalPolicy(losses.cliprange())).withTemperature(temperature);
        policy = session.trainer(clipped, schedule, learningRate, noise);
        value = new Trainer(critic.model(), Method.of(new ClippedValue(losses.cliprangeValue(), losses.valueCoefficient())),
            critic.optimizer(), schedule, learningRate, noise);
    }

    /**
     * Continues behind the first {@code done} steps and runs until {@code steps} are behind, or until a stop is asked for, as {@link
     * Trainer#train} does. A report's loss is the sum of both, its gradient norm that of both together; {@code episode} counts completions.
     *
     * @return steps behind the models now
     */
    public int train(int done, int steps, StopRequest stop, StepListener listener) {
        rollouts.requireFits(policy.noise());
        int step = done;
        while (step < steps && !stop.isRequested()) {
            listener.stepDone(take(step, steps));
            step++;
        }
        return step;
    }

    /** Both models move, or none: what is no number in one of them is found before the other has moved, or its move is taken back. */
    private StepReport take(int step, int steps) {
        var ofPolicy = policy.accumulate(rollouts, step);
        var ofValue = value.accumulate(states, step);
        boolean safe = policy.isSafe(ofPolicy) & value.isSafe(ofValue);
        if (safe) {
            return joined(policy.move(rollouts, ofPolicy, steps), value.move(states, ofValue, steps));
        }
        try (var before = policy.before()) {
            var moved = policy.move(rollouts, ofPolicy, steps);
            try {
                return joined(moved, value.move(states, ofValue, steps));
            } catch (LeewayException spoiled) {
                before.restore();
                throw spoiled;
            }
        }
    }

    private StepReport joined(StepReport ofPolicy, StepReport ofValue) {
        var metrics = new HashMap<>(ofPolicy.metrics());
        metrics.putAll(ofValue.metrics());
        var order = rollouts.settings().order();
        metrics.put("episode", (double) (order.rollout(ofPolicy.step() - 1) + 1) * order.completions());
        return new StepReport(ofPolicy.step(), ofPolicy.totalSteps(), ofPolicy.epoch(), ofPolicy.loss() + ofValue.loss(),
            ofPolicy.learningRate(), Math.hypot(ofPolicy.gradientNorm(), ofValue.gradientNorm()), ofPolicy.trainedTokens(),
            ofPolicy.tokens(), ofPolicy.seconds() + ofValue.seconds(), metrics);
    }
}
