package dev.leeway.learning;

import dev.leeway.objective.GrpoSettings;
import dev.leeway.objective.Objective;
import dev.leeway.objective.PolicyGradient;
import dev.leeway.objective.ProximalPolicy;
import dev.leeway.objective.Rloo;
import dev.leeway.train.AdvantageRule;
import dev.leeway.train.ProximalTrainer.Losses;
import java.util.List;

/**
 * A method that learns from rewards, with the settings it does so with where sums are to be learned.
 *
 * @param name of the method
 * @param rule by which rewards become advantages
 * @param group completions of a prompt
 * @param iterations steps on each rollout
 * @param steps of training
 * @param learningRate of all weights
 */
record PolicyLesson(String name, AdvantageRule rule, int group, int iterations, int steps, double learningRate) {

    /** All methods with their usual settings, but for steps, iterations and learning rate, which suit a model of this size. */
    static List<PolicyLesson> all() {
        return List.of(
                new PolicyLesson("GRPO", AdvantageRule.GroupRelative.DEFAULTS, 8, 1, 20, 1e-3),
                new PolicyLesson("RLOO", AdvantageRule.LeaveOneOut.DEFAULTS, 8, 1, 20, 1e-3),
                new PolicyLesson("PPO", AdvantageRule.Generalized.DEFAULTS, 1, 2, 40, 1e-3));
    }

    /** What moves the policy. */
    Objective objective() {
        return switch (rule) {
            case AdvantageRule.GroupRelative _ -> GrpoSettings.DEFAULTS.withMaxCompletionLength(ToySum.ANSWER).objective();
            case AdvantageRule.LeaveOneOut _ -> Rloo.objective(0.2, 0.2, PolicyGradient.Extras.NONE);
            case AdvantageRule.Generalized _ -> new ProximalPolicy(Losses.DEFAULTS.cliprange());
        };
    }

    /** Whether a value model is trained beside it. */
    boolean hasValueModel() {
        return rule instanceof AdvantageRule.Generalized;
    }

    boolean needsReference() {
        return rule.klCoefficient() != 0;
    }

    @Override
    public String toString() {
        return name;
    }
}
