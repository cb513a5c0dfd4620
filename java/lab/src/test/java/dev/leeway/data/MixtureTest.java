package dev.leeway.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.leeway.LeewayException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class MixtureTest {

    @Test
    void weightsFollowTheNames() {
        Mixture mixture = Mixture.parse("a.jsonl:0.7, C:/b/:0.1,x:1e-1");
        assertEquals(List.of(new Mixture.Source("a.jsonl", 0.7), new Mixture.Source("C:/b/", 0.1), new Mixture.Source("x", 0.1)),
                mixture.sources());
        assertArrayEquals(new double[] {0.5, 0.5}, Mixture.parse("a.jsonl,b.jsonl").shares());
        assertArrayEquals(new double[] {0.75, 0.25}, Mixture.parse("a:3,b:1").shares());
    }

    @Test
    void otherFormsAreRefused() {
        for (String text : List.of("", "a,", "a:1,b", "a:0", "a:0.0,b:1")) {
            assertThrows(LeewayException.class, () -> Mixture.parse(text), text);
        }
        assertEquals("'a:1,b' gives weights to 1 of 2 sources; give all of them one, or none",
                assertThrows(LeewayException.class, () -> Mixture.parse("a:1,b")).getMessage());
    }

    @Test
    void anEpochHasTheSharesAndRepeatsNoRow() {
        var order = new MixedOrder(5, new int[] {30, 1000}, new double[] {0.3, 0.7});
        assertEquals(100, order.rows());
        for (int epoch = 0; epoch < 5; epoch++) {
            List<Integer> rows = epoch(order, epoch);
            assertEquals(100, new HashSet<>(rows).size());
            assertEquals(30, rows.stream().filter(row -> row < 30).count());
        }
    }

    @Test
    void theLargerSourceGoesOnWhereItStopped() {
        var order = new MixedOrder(5, new int[] {30, 140}, new double[] {0.3, 0.7});
        List<Integer> two = new ArrayList<>(epoch(order, 0));
        two.addAll(epoch(order, 1));
        // 140 rows at 70 an epoch: all of them once in two epochs.
        assertEquals(IntStream.range(30, 170).boxed().toList(), two.stream().filter(row -> row >= 30).sorted().toList());
    }

    @Test
    void orderIsAFunctionOfSeedEpochAndIndex() {
        int[] sizes = {30, 1000};
        double[] shares = {0.3, 0.7};
        var order = new MixedOrder(5, sizes, shares);
        List<Integer> third = epoch(order, 3);
        assertEquals(third, epoch(new MixedOrder(5, sizes, shares), 3));
        assertNotEquals(third, epoch(new MixedOrder(6, sizes, shares), 3));
        assertNotEquals(third, epoch(order, 0));
        assertEquals(third, epoch(order, 3));
    }

    @Test
    void theBufferShufflesWithoutLosingOrRepeating() {
        List<Integer> numbers = IntStream.range(0, 1000).boxed().toList();
        List<Integer> shuffled = drained(numbers, 100, 1);
        assertNotEquals(numbers, shuffled);
        assertEquals(shuffled, drained(numbers, 100, 1));
        assertNotEquals(shuffled, drained(numbers, 100, 2));
        // Nothing comes more than a buffer before its turn.
        assertEquals(0, IntStream.range(0, 1000).filter(i -> shuffled.get(i) > i + 99).count());
        List<Integer> sorted = new ArrayList<>(shuffled);
        Collections.sort(sorted);
        assertEquals(numbers, sorted);
        assertEquals(numbers, drained(numbers, 1, 1));
    }

    private static List<Integer> drained(List<Integer> numbers, int capacity, long seed) {
        List<Integer> result = new ArrayList<>();
        new ShuffleBuffer<>(numbers.iterator(), capacity, seed, 0).forEachRemaining(result::add);
        return result;
    }

    private static List<Integer> epoch(MixedOrder order, long epoch) {
        return IntStream.range(0, order.rows()).mapToObj(i -> order.row(epoch, i)).toList();
    }
}
