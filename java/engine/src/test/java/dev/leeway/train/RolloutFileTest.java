package dev.leeway.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.leeway.LeewayException;
import dev.leeway.faults.Refusal;
import dev.leeway.io.CheckpointFile;
import dev.leeway.io.CheckpointStore;
import dev.leeway.io.Disk;
import dev.leeway.io.FolderLock;
import dev.leeway.io.StoredCheckpoint;
import dev.leeway.io.StoredTensor;
import dev.leeway.io.StoredType;
import dev.leeway.rollout.Completion;
import dev.leeway.rollout.Completion.Finish;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A rollout's file gives back what was written, and says what is wrong with one that no run wrote. */
final class RolloutFileTest {

    private static final Rollout ROLLOUT = new Rollout(7, List.of(
        new Drawn(4, new int[] {1, 2}, new Completion(new int[] {3}, new float[] {-0.1f}, new float[] {0.7f}, Finish.STOP)),
        new Drawn(5, new int[] {9}, new Completion(new int[] {8, 6}, new float[] {-1, -2}, new float[] {2, 1}, Finish.LENGTH))),
        List.of(new Rollout.Lesson(true, new double[] {0.1}, new double[] {1, 2}, new double[] {3, 4}),
            new Rollout.Lesson(false, new double[] {0, 0})));

    @TempDir
    private Path folder;

    private StoredCheckpoint written(int step, CheckpointFile file) {
        try (var lock = FolderLock.acquire(folder)) {
            return StoredCheckpoint.open(new CheckpointStore(lock, 9, Disk.local()).write(step, List.of(file)));
        }
    }

    @Test
    void itGivesBackWhatWasWrittenBitForBit() {
        var found = RolloutFile.read(written(1, RolloutFile.of(ROLLOUT)));
        assertEquals(7, found.number());
        for (int i = 0; i < 2; i++) {
            var expected = ROLLOUT.drawn().get(i);
            var drawn = found.drawn().get(i);
            assertEquals(expected.row(), drawn.row());
            assertArrayEquals(expected.prompt(), drawn.prompt());
            assertArrayEquals(expected.completion().tokens(), drawn.completion().tokens());
            assertArrayEquals(expected.completion().logProbs(), drawn.completion().logProbs());
            assertArrayEquals(expected.completion().entropies(), drawn.completion().entropies());
            assertEquals(expected.completion().finish(), drawn.completion().finish());
            assertEquals(ROLLOUT.lessons().get(i).trained(), found.lessons().get(i).trained());
            assertArrayEquals(ROLLOUT.lessons().get(i).advantages(), found.lessons().get(i).advantages());
            assertArrayEquals(ROLLOUT.lessons().get(i).values(), found.lessons().get(i).values());
            assertArrayEquals(ROLLOUT.lessons().get(i).valueAdvantages(), found.lessons().get(i).valueAdvantages());
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = ';', value = {"finish; 0 3; finish[1] is 3", "finish; 0; finish has 1 entries, rows has 2", "number; '';"
        + "number has 0 entries", "number; -1; number[0] is -1", "trained; 1 2; trained[1] is 2", "prompt_lengths; 4 -1;"
        + "prompt_lengths[1] is -1", "prompt_lengths; 2 2; prompts has 3 entries", "rows; 4; has 2 entries, rows has 1",
        "completions; 3 8 -6; completions[2] is -6"})
    void anArrayThatContradictsTheOthersIsNamed(String name, String values, String sentence) {
        var original = written(1, RolloutFile.of(ROLLOUT));
        try (var file = original.tensors(RolloutFile.NAME)) {
            var changed = file.tensors().stream().map(tensor -> tensor.name().equals(name) ? integers(name, values) : tensor).toList();
            var spoiled = written(2, CheckpointFile.of(RolloutFile.NAME, changed));
            Refusal.assertRefused(LeewayException.Kind.DATA, () -> RolloutFile.read(spoiled), RolloutFile.NAME, sentence);
        }
    }

    private static StoredTensor integers(String name, String values) {
        var numbers = values.isEmpty() ? new int[0] : List.of(values.split(" ")).stream().mapToInt(Integer::parseInt).toArray();
        var data = MemorySegment.ofArray(new byte[numbers.length * Integer.BYTES]);
        MemorySegment.copy(numbers, 0, data, ValueLayout.JAVA_INT_UNALIGNED, 0, numbers.length);
        return new StoredTensor(name, StoredType.I32, List.of((long) numbers.length), data);
    }
}
