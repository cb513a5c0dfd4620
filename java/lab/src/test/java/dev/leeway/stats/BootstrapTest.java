package dev.leeway.stats;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.LeewayException;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** Resampled intervals against SciPy's with 100,000 resamples or more, within the noise of 20,000 here. */
final class BootstrapTest {

    private static final Bootstrap MANY = new Bootstrap(20_000, 0.95, 11);

    @Test
    void correctedIntervalsAreSciPys() {
        var v = Reference.numbers("v");
        var mean = MANY.bca(v, Sample::mean);
        assertEquals(2.522955996059386, mean.low(), 0.006, "the 2.5 % quantile of 20,000 has a standard deviation of 0.0019");
        assertEquals(2.8530277777777773, mean.high(), 0.006);
        var exponentials = Arrays.stream(Reference.numbers("x")).map(Math::exp).toArray();
        var deviation = MANY.bca(exponentials, BootstrapTest::deviation);
        assertEquals(1.3732071766661182, deviation.low(), 0.02);
        assertEquals(2.3910411141941412, deviation.high(), 0.05, "far above the percentile interval's end");
        assertTrue(MANY.percentile(exponentials, BootstrapTest::deviation).high() < 2.3);
    }

    private static double deviation(double[] values) {
        double mean = Sample.mean(values);
        return Math.sqrt(Arrays.stream(values).map(value -> (value - mean) * (value - mean)).sum() / values.length);
    }

    @Test
    void theSeedDecidesAllDraws() {
        var v = Reference.v(0, 30);
        assertEquals(new Bootstrap(500, 0.9, 1).percentile(v, Sample::mean), new Bootstrap(500, 0.9, 1).percentile(v, Sample::mean));
        assertNotEquals(new Bootstrap(500, 0.9, 1).percentile(v, Sample::mean), new Bootstrap(500, 0.9, 2).percentile(v, Sample::mean));
    }

    /** Ten copies of each item are ten clusters of one item: intervals as wide as without copies, and not √10 narrower. */
    @Test
    void clustersAreDrawnAsAWhole() {
        var once = Reference.v(0, 40);
        var copies = new double[400];
        var clusters = new long[400];
        Arrays.setAll(copies, i -> once[i / 10]);
        Arrays.setAll(clusters, i -> i / 10);
        var single = new Bootstrap(4000, 0.95, 1).percentile(once, Sample::mean);
        var clustered = new Bootstrap(4000, 0.95, 1).clustered(clusters,
            items -> Arrays.stream(items).mapToDouble(i -> copies[i]).average().orElseThrow());
        assertEquals(single.low(), clustered.low(), 1e-12);
        assertEquals(single.high(), clustered.high(), 1e-12);
    }

    @Test
    void constantsHaveNoWidthAndOneItemNoInterval() {
        assertEquals(new Interval(2, 2), MANY.bca(new double[] {2, 2, 2}, Sample::mean));
        assertThrows(LeewayException.class, () -> MANY.percentile(new double[] {2}, Sample::mean));
        assertThrows(LeewayException.class, () -> new Bootstrap(10, 1, 0));
    }
}
