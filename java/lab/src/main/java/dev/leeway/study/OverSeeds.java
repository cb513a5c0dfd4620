package dev.leeway.study;

import dev.leeway.report.Markup;
import dev.leeway.stats.Interval;
import dev.leeway.stats.Sample;
import dev.leeway.stats.TTest;
import java.util.Arrays;
import java.util.List;

/**
 * A mean over seeds.
 *
 * @param mean of the seeds' means
 * @param interval of 95 %: of any seeds where they differ, else of any items for the first one's model
 * @param note the mean and over what it is, in words
 */
record OverSeeds(double mean, Interval interval, String note) {

    private static final double LEVEL = 0.95;

    /** Of one mean a seed, at least one. */
    static OverSeeds of(List<StudyResults.Mean> means) {
        var values = means.stream().mapToDouble(StudyResults.Mean::value).toArray();
        boolean isSpread = Arrays.stream(values).distinct().count() > 1 && TTest.isTestable(values);
        var interval = isSpread ? TTest.interval(values, LEVEL).orElseThrow() : means.getFirst().interval();
        return new OverSeeds(Sample.mean(values), interval, Markup.format("%.3f, %d items%s", Sample.mean(values), means.getFirst().items(),
            isSpread ? ", " + values.length + " seeds" : ""));
    }
}
