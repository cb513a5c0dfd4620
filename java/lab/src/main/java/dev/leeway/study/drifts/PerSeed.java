package dev.leeway.study.drifts;

import dev.leeway.io.JsonFile;
import dev.leeway.stats.Interval;
import dev.leeway.stats.Sample;
import dev.leeway.stats.TTest;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.node.ObjectNode;

/**
 * A number of each seed.
 *
 * @param values one a seed
 * @param mean of them
 * @param interval of 95 % of the mean (Student's); empty of one seed, which says nothing of others
 */
record PerSeed(List<Double> values, double mean, Optional<Interval> interval) {

    private static final double LEVEL = 0.95;

    static PerSeed of(double[] values) {
        return new PerSeed(Arrays.stream(values).boxed().toList(), mean(values), TTest.interval(values, LEVEL));
    }

    static double mean(double[] values) {
        return Sample.mean(values);
    }

    ObjectNode json() {
        var json = JsonFile.newObject().put("mean", mean);
        values.forEach(json.putArray("values")::add);
        interval.ifPresent(around -> json.putArray("interval").add(around.low()).add(around.high()));
        return json;
    }
}
