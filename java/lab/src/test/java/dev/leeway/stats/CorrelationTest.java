package dev.leeway.stats;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.LeewayException;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** Against SciPy 1.10.1. */
final class CorrelationTest {

    private static final double BOUND = 1e-12;

    @Test
    void pearsonsIsSciPys() {
        var all = Correlation.pearson(Reference.numbers("v"), Reference.numbers("x"), 0.95);
        assertEquals(-0.11472064578435023, all.estimate(), BOUND);
        assertEquals(0.12515676216905258, all.p(), BOUND);
        assertEquals(-0.25667706983428495, all.interval().low(), BOUND);
        assertEquals(0.032080971345578184, all.interval().high(), BOUND);
        var few = Correlation.pearson(Reference.v(0, 12), Arrays.copyOf(Reference.numbers("x"), 12), 0.9);
        assertEquals(0.031342072854155786, few.p(), BOUND);
        assertEquals(-0.8548928598040684, few.interval().low(), BOUND);
    }

    @Test
    void spearmansIsSciPysWithTies() {
        var v = Arrays.stream(Reference.numbers("v")).map(Math::rint).toArray();
        var x = Arrays.stream(Reference.numbers("x")).map(Math::rint).toArray();
        var found = Correlation.spearman(v, x, 0.95);
        assertEquals(-0.03736613620349164, found.estimate(), BOUND);
        assertEquals(0.6184835225056634, found.p(), BOUND);
    }

    @Test
    void aLineIsOneAndAConstantIsRefused() {
        double[] line = {1, 2, 3, 5};
        var found = Correlation.pearson(line, new double[] {-2, -4, -6, -10}, 0.95);
        assertEquals(-1, found.estimate());
        assertEquals(new Interval(-1, -1), found.interval());
        assertEquals(0, found.p());
        var refused = assertThrows(LeewayException.class, () -> Correlation.pearson(line, new double[] {7, 7, 7, 7}, 0.95));
        assertTrue(refused.getMessage().contains("all of one are 7"), refused.getMessage());
    }
}
