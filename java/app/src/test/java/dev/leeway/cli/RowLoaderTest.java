package dev.leeway.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.data.Batching;
import dev.leeway.data.Example;
import dev.leeway.data.Mixture;
import dev.leeway.data.Report;
import dev.leeway.data.RowSet;
import dev.leeway.data.Unit;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** From files to the rows of a run. */
final class RowLoaderTest {

    @Test
    void aMixtureInMemoryKnowsItsOrderAndNumbersItsRowsOn() {
        Function<List<Path>, RowSet<? extends Unit>> read = files -> rows(files.equals(List.of(Path.of("few.jsonl"))) ? 20 : 300);
        var loader = new RowLoader(read, new RowLoader.Layout(Optional.empty(), Optional.empty(), Batching.PLAIN, 1));
        var mixed = loader.load(Mixture.parse("few.jsonl:0.2,many.jsonl:0.8"), List.of(List.of(Path.of("few.jsonl")),
            List.of(Path.of("many.jsonl"))));
        assertEquals(320, mixed.bins().size());
        assertEquals(100, mixed.order().rows());
        assertTrue(mixed.notes().getFirst().text().startsWith("20 of 20 rows an epoch from few.jsonl"), mixed.notes().toString());
        assertEquals(20, mixed.bins().get(20).getFirst().unitId());
        assertEquals(319, mixed.bins().getLast().getFirst().unitId());
        assertEquals(320, mixed.report().rows());
    }

    private static RowSet<Example> rows(int count) {
        var rows = LongStream.range(0, count).mapToObj(id -> new Example(new int[] {1, 2}, new boolean[] {false, true}, id)).toList();
        var nothing = new Report.Count(0, Optional.empty());
        return new RowSet<>(rows, new Report(count, 2L * count, count, nothing, nothing, nothing, nothing, List.of()));
    }
}
