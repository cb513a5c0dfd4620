package dev.leeway.objective;

/**
 * The divergence from the reference as part of the reward, where an algorithm places it there: RLOO and REINFORCE a completion, PPO a
 * token.
 */
public final class KlReward {

    private KlReward() {
    }

    /** Σ_t (ℓ_t − ℓ_ref,t) over the tokens of every completion: log-probs (N) in, one k1 estimate a sequence out. */
    public static double[] ofCompletions(Targets targets, double[] logProb, double[] reference) {
        var sums = new double[targets.sequences()];
        for (int s = 0; s < sums.length; s++) {
            for (int n = targets.sequenceStarts()[s]; n < targets.sequenceStarts()[s + 1]; n++) {
                sums[s] += targets.completion()[n] ? KlEstimator.K1.of(logProb[n], reference[n]) : 0;
            }
        }
        return sums;
    }

    /** Rewards less β times the divergence of their completions; a missing reward (NaN) stays missing. */
    public static double[] penalised(double[] rewards, double[] divergences, double beta) {
        var penalised = new double[rewards.length];
        for (int s = 0; s < rewards.length; s++) {
            penalised[s] = rewards[s] - beta * divergences[s];
        }
        return penalised;
    }
}
