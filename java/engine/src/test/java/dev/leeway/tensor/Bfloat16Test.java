package dev.leeway.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigDecimal;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class Bfloat16Test {

    @Test
    void everyBf16SurvivesTheWayToFloatAndBack() {
        for (int bits = Short.MIN_VALUE; bits <= Short.MAX_VALUE; bits++) {
            float wide = Bfloat16.widen((short) bits);
            assertTrue(Float.isNaN(wide) ? Float.isNaN(Bfloat16.widen(Bfloat16.round(wide))) : Bfloat16.round(wide) == (short) bits,
                Integer.toHexString(bits));
        }
    }

    @Test
    void aFloatBecomesTheNearestBf16AndATieTheEvenOne() {
        var random = new SplittableRandom(1);
        for (int i = 0; i < 200_000; i++) {
            // half of them on or between two bf16
            int bits = random.nextInt(0x0100_0000, 0x7f00_0000) & (random.nextBoolean() ? -1 : 0xffff_8000);
            requireNearest(Float.intBitsToFloat(bits));
            requireNearest(-Float.intBitsToFloat(bits));
        }
    }

    private static void requireNearest(float x) {
        short rounded = Bfloat16.round(x);
        var error = distance(x, rounded);
        for (int neighbour : new int[] {rounded - 1, rounded + 1}) {
            int order = error.compareTo(distance(x, (short) neighbour));
            assertTrue(order < 0 || (order == 0 && (rounded & 1) == 0), x + " became " + Bfloat16.widen(rounded));
        }
    }

    private static BigDecimal distance(float x, short bits) {
        return new BigDecimal(x).subtract(new BigDecimal(Bfloat16.widen(bits))).abs();
    }

    @Test
    void whatIsTooLargeBecomesInfinityAndNanStaysNan() {
        assertEquals(Float.POSITIVE_INFINITY, Bfloat16.widen(Bfloat16.round(Float.MAX_VALUE)));
        assertEquals(Float.NEGATIVE_INFINITY, Bfloat16.widen(Bfloat16.round(-Float.MAX_VALUE)));
        assertTrue(Float.isNaN(Bfloat16.widen(Bfloat16.round(Float.intBitsToFloat(0x7f80_0001)))), "its fraction lies in the lower half");
    }
}
