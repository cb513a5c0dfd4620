package dev.leeway.study.drifts;

import dev.leeway.io.JsonFile;
import dev.leeway.stats.Interval;
import dev.leeway.stats.Sample;
import dev.leeway.stats.TTest;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import tools.jackson.databind.node.ObjectNode;

/**
 * A number of each seed.
 *
 * @param values one a seed
 * @param mean of them
 * @param interval of 95 %: of several seeds Student's of their mean; of one, which says nothing of others, that over its prompts where
 *     there is one
 */
record PerSeed(List<Double> values, double mean, Optional<Interval> interval) {

    static final double LEVEL = 0.95;

    /** Without an interval where there is one seed. */
    static PerSeed of(double[] values) {
        return of(values, Optional::empty);
    }

    /**
     * Of one seed or more.
     *
     * @param prompts the interval over prompts, asked for where there is one seed
     */
    static PerSeed of(double[] values, Supplier<Optional<Interval>> prompts) {
        return new PerSeed(Arrays.stream(values).boxed().toList(), mean(values), values.length > 1 ? TTest.interval(values, LEVEL)
            : prompts.get());
    }

    static double mean(double[] values) {
        return Sample.mean(values);
    }

    /** What its interval is over. */
    String over() {
        return values.size() > 1 ? "seeds" : "prompts";
    }

    ObjectNode json() {
        var json = JsonFile.newObject().put("mean", mean);
        values.forEach(json.putArray("values")::add);
        interval.ifPresent(around -> json.put("over", over()).putArray("interval").add(around.low()).add(around.high()));
        return json;
    }
}
