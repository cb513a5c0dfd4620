package dev.leeway.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class OrderTest {

    @Test
    void everyEpochVisitsEveryRowOnce() {
        for (int rows : new int[] {1, 2, 3, 64, 1000}) {
            Order order = Order.shuffled(7, rows);
            for (long epoch = 0; epoch < 5; epoch++) {
                assertArrayEquals(IntStream.range(0, rows).toArray(), Arrays.stream(epoch(order, epoch)).sorted().toArray());
            }
        }
    }

    @Test
    void seedAndEpochDecideTheOrder() {
        assertArrayEquals(epoch(Order.shuffled(7, 100), 3), epoch(Order.shuffled(7, 100), 3));
        assertFalse(Arrays.equals(epoch(Order.shuffled(7, 100), 3), epoch(Order.shuffled(8, 100), 3)));
        assertFalse(Arrays.equals(epoch(Order.shuffled(7, 100), 3), epoch(Order.shuffled(7, 100), 4)));
    }

    @Test
    void theOrderOfASeedNeverChanges() {
        // Pinned: a checkpoint's cursor means nothing once this changes.
        assertArrayEquals(new int[] {4, 7, 9, 6, 1, 5, 2, 0, 8, 3}, epoch(Order.shuffled(42, 10), 0));
    }

    @Test
    void aCursorGoesOnWhereItStopped() {
        Order order = Order.shuffled(7, 10);
        for (long position : new long[] {37, 3, 36, 99, 0}) {
            assertEquals(Order.shuffled(7, 10).row(position / 10, (int) (position % 10)), order.rowAt(position));
        }
    }

    @Test
    void theSequentialOrderIsThatOfTheData() {
        assertArrayEquals(IntStream.range(0, 10).toArray(), epoch(Order.sequential(10), 4));
        assertThrows(IllegalArgumentException.class, () -> Order.sequential(0));
    }

    @Test
    void anyRowIsAsLikelyAtAnyPlace() {
        // 20,000 epochs of 5 rows: a count of row r at place p is binomial with mean 4,000 and σ = √(20000·0.2·0.8) = 56.6; 25 counts
        // stay within 5 σ = 283 but for a chance of 25 · 6e-7.
        int[][] counts = new int[5][5];
        Order order = Order.shuffled(1, 5);
        for (long epoch = 0; epoch < 20_000; epoch++) {
            for (int place = 0; place < 5; place++) {
                counts[order.row(epoch, place)][place]++;
            }
        }
        assertTrue(Arrays.stream(counts).flatMapToInt(Arrays::stream).allMatch(n -> Math.abs(n - 4000) < 283), Arrays.deepToString(counts));
    }

    private static int[] epoch(Order order, long epoch) {
        return IntStream.range(0, order.rows()).map(i -> order.row(epoch, i)).toArray();
    }
}
