package dev.leeway.objective;

/**
 * A preference pair as {@link PairLoss} sees it. Δ of an answer is its log-ratio, log π − log π_ref summed over its completion; its score
 * is Δ, or what another {@link Divergence} makes of it.
 */
record RatioPair(Dual chosenRatio, Dual rejectedRatio, double chosenLength, double rejectedLength, DirectPreference.Settings settings) {

    Dual chosenScore() {
        return settings.divergence().score(chosenRatio);
    }

    Dual rejectedScore() {
        return settings.divergence().score(rejectedRatio);
    }

    /** β (score of the chosen − score of the rejected answer). */
    Dual margin() {
        return chosenScore().minus(rejectedScore()).times(settings.beta());
    }

    /** The same difference of scores a token, without β. */
    Dual marginPerToken() {
        return chosenScore().times(1 / chosenLength).minus(rejectedScore().times(1 / rejectedLength));
    }
}
