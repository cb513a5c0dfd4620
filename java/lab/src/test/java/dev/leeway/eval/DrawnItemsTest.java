package dev.leeway.eval;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Items that stand for all of a benchmark's: drawn by a seed and their ids. */
final class DrawnItemsTest {

    private static final MadeUp ALL = MadeUp.of(40);

    private static List<MadeUp.Word> items(boolean isDrawn, long seed) {
        return new RunPlan(List.of(Candidate.of(new MadeUp.Echo("one", new ArrayList<>()))), List.of(ALL.part()),
            List.of(Setting.EvaluationPrompt.NONE), new RunPlan.Extent(OptionalInt.empty(), OptionalInt.of(10), isDrawn), seed).items(ALL);
    }

    @Test
    void aLimitIsTheFirstItemsUnlessTheyAreDrawn() {
        assertEquals(ALL.items().subList(0, 10), items(false, 3));
        var drawn = items(true, 3);
        assertEquals(10, drawn.size());
        assertEquals(ALL.items().stream().filter(drawn::contains).toList(), drawn, "each once, in the order of the data");
        assertNotEquals(ALL.items().subList(0, 10), drawn);
        assertEquals(drawn, items(true, 3), "the same again");
        assertNotEquals(drawn, items(true, 4), "by the seed");
    }

    /** Of 2,000 draws of 10 of 40 an item is in 500 ± 19, as counts of a binomial are; 5 of these are exceeded once in 44,000 runs. */
    @Test
    void everyItemIsDrawnAsOftenAsAnother() {
        var counts = new int[ALL.items().size()];
        IntStream.range(0, 2000).forEach(seed -> items(true, seed).forEach(item -> counts[ALL.items().indexOf(item)]++));
        assertTrue(IntStream.of(counts).allMatch(count -> Math.abs(count - 500) <= 97), () -> IntStream.of(counts).boxed().toList()
            .toString());
    }

    @Test
    void moreThanThereAreIsAll() {
        assertEquals(ALL.items(), ALL.drawn(41, 0));
    }
}
