package dev.leeway.eval.likelihood;

import dev.leeway.eval.Response;
import java.util.LinkedHashMap;
import java.util.SequencedMap;

/**
 * The mixture-weighted log ratio of two next-token distributions: MWLR(y) = ½ (p₁(y) + p₂(y)) (ln p₁(y) − ln p₂(y)). The log ratio alone
 * is, but for a constant, the reward that would turn p₂ into p₁; the weight keeps tokens that neither model would say from leading the
 * list. MWLR(p₁, p₂) = −MWLR(p₂, p₁), and over a whole vocabulary it sums to ½ (KL(p₁‖p₂) − KL(p₂‖p₁)).
 */
public final class LogRatio {

    private LogRatio() {
    }

    /** Of one token, from both log-probs. */
    public static double of(double first, double second) {
        return (Math.exp(first) + Math.exp(second)) / 2 * (first - second);
    }

    /** Of every text that both have, in the order of the first. */
    public static SequencedMap<String, Double> of(Response.Distribution first, Response.Distribution second) {
        var ratios = new LinkedHashMap<String, Double>();
        first.logProbs().forEach((text, logProb) -> {
            var other = second.logProbs().get(text);
            if (other != null) {
                ratios.put(text, of(logProb, other));
            }
        });
        return ratios;
    }
}
