package dev.leeway.objective;

import java.util.Map;
import java.util.Set;

/**
 * Reward modelling from preferences (Bradley and Terry 1952; Ouyang et al. 2022, eq. 1; margins as in Touvron et al. 2023, eq. 2):
 * L = (1/P) Σ [ −(1−ε) log σ(d) − ε log σ(−d) + c (r_chosen + r_rejected)² ], d = r_chosen − r_rejected − margin, P pairs of the optimiser
 * step.
 *
 * <p>A pair is two sequences with the same unit id, chosen first. {@link Targets#rewards} holds the pair's margin at the chosen sequence,
 * or is empty.
 */
public final class BradleyTerry implements Objective {

    private static final Set<Column> NEEDS = Set.of(Column.VALUE);

    private final double centerRewardsCoefficient;
    private final double labelSmoothing;

    /** {@code centerRewardsCoefficient} c = {@code center_rewards_coefficient}, 0 for none (Eisenstein et al. 2023, §4). */
    public BradleyTerry(double centerRewardsCoefficient) {
        this(centerRewardsCoefficient, 0);
    }

    /** The same with {@code labelSmoothing} ε, from 0 to below ½: the share of pairs whose label is thought to be wrong. */
    public BradleyTerry(double centerRewardsCoefficient, double labelSmoothing) {
        this.centerRewardsCoefficient = Require.notNegative(centerRewardsCoefficient, "center_rewards_coefficient");
        this.labelSmoothing = Require.share(labelSmoothing, 0.5, "label_smoothing");
    }

    @Override
    public Set<Column> needs() {
        return NEEDS;
    }

    @Override
    public Scope scope() {
        return Scope.PAIR;
    }

    @Override
    public Weighed weigh(Scored scored, Normalisers normalisers) {
        var reward = scored.policy().value();
        var margins = scored.targets().rewards();
        int sequences = Pairs.sequences(scored.targets());
        var gradient = scored.gradients().room(Column.VALUE, sequences);
        double pairs = normalisers.pairs();
        double loss = 0;
        double correct = 0;
        double differences = 0;
        double sums = 0;
        double least = Double.POSITIVE_INFINITY;
        double most = Double.NEGATIVE_INFINITY;
        for (int chosen = 0; chosen < sequences; chosen += 2) {
            int rejected = chosen + 1;
            double margin = margins.length == 0 ? 0 : margins[chosen];
            double difference = reward[chosen] - reward[rejected] - margin;
            double sum = reward[chosen] + reward[rejected];
            loss += preferenceLoss(difference) + centerRewardsCoefficient * sum * sum;
            double slope = labelSmoothing - Logistic.sigmoid(-difference);
            gradient[chosen] = (slope + 2 * centerRewardsCoefficient * sum) / pairs;
            gradient[rejected] = (-slope + 2 * centerRewardsCoefficient * sum) / pairs;
            correct += reward[chosen] > reward[rejected] ? 1 : 0;
            differences += reward[chosen] - reward[rejected];
            sums += sum;
            least = Math.min(least, Math.min(reward[chosen], reward[rejected]));
            most = Math.max(most, Math.max(reward[chosen], reward[rejected]));
        }
        return new Weighed(loss / pairs, scored.gradients(), Map.of("accuracy", correct / pairs, "margin", differences / pairs,
            "mean_reward", sums / (2 * pairs), "min_reward", least, "max_reward", most));
    }

    private double preferenceLoss(double difference) {
        return -(1 - labelSmoothing) * Logistic.logSigmoid(difference) - labelSmoothing * Logistic.logSigmoid(-difference);
    }
}
