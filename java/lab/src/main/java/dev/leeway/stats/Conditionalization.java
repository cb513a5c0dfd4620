package dev.leeway.stats;

import dev.leeway.LeewayException;
import java.util.Arrays;
import java.util.List;

/** How much a trait depends on a prompt: its rate under that prompt minus its mean rate under the others. */
public final class Conditionalization {

    private Conditionalization() {
    }

    /**
     * The index, tested over items: 0 for a trait that is the same everywhere, 1 for one that shows under the prompt alone.
     *
     * @param under of each item, the trait under the prompt
     * @param elsewhere of each other prompt, of the same items
     */
    public static TestResult index(double[] under, List<double[]> elsewhere, double level) {
        if (elsewhere.isEmpty()) {
            throw LeewayException.data("a trait is conditional on a prompt by comparison; evaluate it under at least one other prompt");
        }
        var others = new double[under.length];
        for (var prompt : elsewhere) {
            Check.pairs("the conditionalization index", under, prompt);
            Arrays.setAll(others, i -> others[i] + prompt[i] / elsewhere.size());
        }
        return TTest.paired(under, others, level);
    }
}
