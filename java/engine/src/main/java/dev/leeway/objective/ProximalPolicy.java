package dev.leeway.objective;

import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * The policy half of PPO (Schulman et al. 2017, eq. 7): the mean over completion tokens of −min(ρA, clip(ρ, 1 ± ε) A), with advantages of
 * {@link GeneralizedAdvantages}, one a position, whitened. The divergence from the reference is part of the reward. {@link ClippedValue} is
 * the other half, of the value model.
 */
public final class ProximalPolicy implements Objective {

    private final PolicyGradient gradient;

    /** The loss with ε = {@code cliprange}. */
    public ProximalPolicy(double cliprange) {
        Require.above(0, cliprange, "cliprange");
        gradient = new PolicyGradient(new Surrogate.Clipped(cliprange, cliprange), ImportanceLevel.TOKEN, Aggregation.Mean.OF_TOKENS,
            KlPenalty.NONE, new PolicyGradient.Extras(0, Double.POSITIVE_INFINITY, true));
    }

    @Override
    public Set<Column> needs() {
        return gradient.needs();
    }

    @Override
    public Scope scope() {
        return gradient.scope();
    }

    @Override
    public boolean needsOld() {
        return true;
    }

    @Override
    public Weighed weigh(Scored scored, Normalisers normalisers) {
        var weighed = gradient.weigh(scored, normalisers);
        var metrics = new TreeMap<String, Double>();
        metrics.put("loss/policy_avg", weighed.loss());
        metrics.put("policy/clipfrac_avg", weighed.metrics().get("clip_ratio/region_mean"));
        if (weighed.metrics().containsKey("entropy")) {
            metrics.put("policy/entropy_avg", weighed.metrics().get("entropy"));
        }
        addRatios(scored, normalisers, metrics);
        return new Weighed(weighed.loss(), weighed.gradients(), Map.copyOf(metrics));
    }

    /** The mean ratio, and ½ (ℓ − ℓ^old)², which is near the divergence from the old policy while that is small. */
    private static void addRatios(Scored scored, Normalisers normalisers, Map<String, Double> metrics) {
        var logProb = scored.policy().logProb();
        var old = scored.requireOld().logProb();
        var completion = scored.targets().completion();
        double tokens = Math.max(1, normalisers.completionTokens());
        double squares = 0;
        double ratios = 0;
        for (int n = 0; n < completion.length; n++) {
            double difference = completion[n] ? logProb[n] - old[n] : 0;
            squares += difference * difference;
            ratios += completion[n] ? Math.exp(difference) : 0;
        }
        metrics.put("policy/approxkl_avg", squares / 2 / tokens);
        metrics.put("val/ratio", ratios / tokens);
    }
}
