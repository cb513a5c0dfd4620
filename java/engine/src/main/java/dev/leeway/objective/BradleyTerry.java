package dev.leeway.objective;

import java.util.Map;
import java.util.Set;

/**
 * Reward modelling from preferences (Bradley and Terry 1952; Ouyang et al. 2022, eq. 1; margins as in Touvron et al. 2023, eq. 2):
 * L = (1/P) Σ [ −log σ(r_chosen − r_rejected − margin) + c (r_chosen + r_rejected)² ], P pairs of the optimiser step.
 *
 * <p>A pair is two sequences with the same unit id, chosen first. {@link Targets#rewards} holds the pair's margin at the chosen sequence,
 * or is empty.
 */
public final class BradleyTerry implements Objective {

    private final double centerRewardsCoefficient;

    /** {@code centerRewardsCoefficient} c = {@code center_rewards_coefficient}, 0 for none (Eisenstein et al. 2023, §4). */
    public BradleyTerry(double centerRewardsCoefficient) {
        this.centerRewardsCoefficient = centerRewardsCoefficient;
    }

    @Override
    public Set<Column> needs() {
        return Set.of(Column.VALUE);
    }

    @Override
    public Scope scope() {
        return Scope.PAIR;
    }

    @Override
    public Weighed weigh(Scored scored, Normalisers normalisers) {
        var reward = scored.policy().value();
        var margins = scored.targets().rewards();
        int sequences = scored.targets().sequences();
        var gradient = scored.gradients().room(Column.VALUE, sequences);
        double pairs = normalisers.units();
        double loss = 0;
        double correct = 0;
        for (int chosen = 0; chosen + 1 < sequences; chosen += 2) {
            int rejected = chosen + 1;
            double margin = margins.length == 0 ? 0 : margins[chosen];
            double difference = reward[chosen] - reward[rejected] - margin;
            double sum = reward[chosen] + reward[rejected];
            loss += softplus(-difference) + centerRewardsCoefficient * sum * sum;
            double slope = -1 / (1 + Math.exp(difference));
            gradient[chosen] = (slope + 2 * centerRewardsCoefficient * sum) / pairs;
            gradient[rejected] = (-slope + 2 * centerRewardsCoefficient * sum) / pairs;
            correct += reward[chosen] > reward[rejected] ? 1 : 0;
        }
        return new Weighed(loss / pairs, scored.gradients(), Map.of("accuracy", correct / pairs));
    }

    /** log(1 + eˣ) without overflow. */
    private static double softplus(double x) {
        return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
    }
}
