package dev.leeway.eval.stance;

import dev.leeway.eval.Value;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;

/** The three sides, and how log-probs become a share of each. */
final class Sides {

    /** In the order of options and vectors. */
    static final List<String> NAMES = List.of("support", "neutral", "oppose");

    private Sides() {
    }

    /** exp ℓ / Σ exp ℓ by side; −∞ becomes 0, and at least one ℓ is greater. */
    static SequencedMap<String, Value> softmax(double... logProbs) {
        double most = Arrays.stream(logProbs).max().orElseThrow();
        double sum = Arrays.stream(logProbs).map(logProb -> Math.exp(logProb - most)).sum();
        var values = new LinkedHashMap<String, Value>();
        for (int side = 0; side < logProbs.length; side++) {
            values.put(NAMES.get(side), Value.of(Math.exp(logProbs[side] - most) / sum));
        }
        return values;
    }

    static SequencedMap<String, Value> missing(String reason) {
        var values = new LinkedHashMap<String, Value>();
        NAMES.forEach(side -> values.put(side, Value.missing(reason)));
        return values;
    }
}
