package dev.leeway.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.LeewayException;
import dev.leeway.data.Report.Count;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

final class SplitTest {

    @Test
    void everyRowIsInExactlyOnePart() {
        RowSet<Example> rows = rows(100);
        Split<Example> split = Split.of(rows, 0.1, 7);
        assertEquals(10, split.validation().units().size());
        List<Example> together = new ArrayList<>(split.train().units());
        together.addAll(split.validation().units());
        together.sort(Comparator.comparingLong(Example::unitId));
        assertEquals(rows.units(), together);
        assertEquals(90, split.train().report().rows());
        assertEquals(90 * 3, split.train().report().tokens());
        assertEquals(10, split.validation().report().trainedTokens());
    }

    @Test
    void seedDecidesAndLargerFractionsContainSmallerOnes() {
        assertEquals(Split.of(rows(100), 0.1, 7), Split.of(rows(100), 0.1, 7));
        assertNotEquals(Split.of(rows(100), 0.1, 7).validation(), Split.of(rows(100), 0.1, 8).validation());
        assertTrue(Split.of(rows(100), 0.3, 7).validation().units().containsAll(Split.of(rows(100), 0.1, 7).validation().units()));
    }

    @Test
    void noPartIsEmpty() {
        assertEquals(1, Split.of(rows(2), 0.01, 0).validation().units().size());
        assertEquals(1, Split.of(rows(2), 0.99, 0).train().units().size());
        assertThrows(LeewayException.class, () -> Split.of(rows(1), 0.5, 0));
        for (double fraction : new double[] {0, 1, -1, Double.NaN}) {
            assertThrows(LeewayException.class, () -> Split.of(rows(9), fraction, 0));
        }
    }

    private static RowSet<Example> rows(int count) {
        List<Example> units = LongStream.range(0, count).mapToObj(id -> Units.ofLength(3, id)).toList();
        return new RowSet<>(units, new Report(count, 3L * count, count, Count.NONE, Count.NONE, Count.NONE, Count.NONE, List.of()));
    }
}
