package dev.leeway.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.leeway.LeewayException;
import dev.leeway.data.DatasetReader.Options;
import dev.leeway.data.ExampleStream.Shuffle;
import dev.leeway.model.Batch;
import dev.leeway.text.TinyTokenizer;
import dev.leeway.text.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class StreamBatchesTest {

    private static final int ROWS = 23;
    /** 23 rows in micro-batches of 4, two a step: 8, 8 and 7 rows. */
    private static final EpochBatches.Steps STEPS = new EpochBatches.Steps(4, 2, 1, 100);
    private static final int STEPS_PER_EPOCH = 3;

    @TempDir
    Path folder;

    private final List<Long> opened = new ArrayList<>();
    private Path data;
    private Tokenizer tokenizer;

    @BeforeEach
    void writeRows() throws IOException {
        tokenizer = TinyTokenizer.in(folder);
        data = Files.writeString(folder.resolve("rows.jsonl"), IntStream.range(0, ROWS)
                .mapToObj(i -> "{\"text\": \"the cat drinks milk " + "a".repeat(i) + "\"}\n").collect(Collectors.joining()));
    }

    @AfterEach
    void closeTokenizer() {
        tokenizer.close();
    }

    private StreamBatches batches(int buffer) {
        return new StreamBatches(epoch -> {
            opened.add(epoch);
            return new ExampleStream(Mixture.parse(data.toString()), tokenizer, Options.unlimited(), new Shuffle(7, buffer), epoch);
        }, STEPS);
    }

    private static List<List<Integer>> tokens(List<Batch> micros) {
        return micros.stream().map(micro -> Arrays.stream(micro.tokens()).boxed().toList()).toList();
    }

    @Test
    void aStepIsTheSameHoweverOneComesToIt() {
        List<List<List<Integer>>> inOrder;
        try (var batches = batches(5)) {
            inOrder = IntStream.range(0, 3 * STEPS_PER_EPOCH).mapToObj(step -> tokens(batches.step(step))).toList();
        }
        assertEquals(inOrder.size(), inOrder.stream().distinct().count(), "every step has rows of its own");
        try (var batches = batches(5)) {
            for (int step : new int[] {7, 7, 2, 8, 0, 1, 1, 5}) {
                assertEquals(inOrder.get(step), tokens(batches.step(step)), "step " + step);
            }
        }
    }

    @Test
    void everyEpochVisitsEachRowOnceInAnOrderOfItsOwn() {
        try (var batches = batches(5)) {
            var first = epoch(batches, 0);
            var second = epoch(batches, 1);
            assertFalse(first.equals(second), "another order");
            assertEquals(first.stream().sorted().toList(), second.stream().sorted().toList());
            assertEquals(ROWS, first.stream().distinct().count());
            assertEquals(List.of(0L, 1L), opened, "no epoch is read twice by a run that goes forward");
        }
    }

    /** The rows of an epoch, told apart by their lengths. */
    private static List<Integer> epoch(StreamBatches batches, int epoch) {
        return IntStream.range(0, STEPS_PER_EPOCH).boxed().flatMap(step -> batches.step(epoch * STEPS_PER_EPOCH + step).stream())
                .flatMap(micro -> IntStream.range(0, micro.sequences())
                        .mapToObj(s -> Arrays.hashCode(Arrays.copyOfRange(micro.tokens(), micro.sequenceStarts()[s],
                                micro.sequenceStarts()[s + 1])))).toList();
    }

    @Test
    void theLastStepOfAnEpochIsSmallerAndEndsIt() {
        try (var batches = batches(1)) {
            assertEquals(List.of(4, 4), batches.step(1).stream().map(Batch::sequences).toList());
            assertEquals(List.of(4, 3), batches.step(2).stream().map(Batch::sequences).toList());
            assertArrayEquals(new double[] {0, 0, 0, 1}, IntStream.range(0, 4).mapToDouble(batches::epochs).toArray());
            assertEquals(List.of(4, 4), batches.step(3).stream().map(Batch::sequences).toList());
            assertEquals(1, batches.epochs(4));
        }
    }

    @Test
    void aRowIsNamedByFileAndLineInWhateverOrderItCame() throws IOException {
        try (var batches = batches(9)) {
            for (int step = 0; step < 2 * STEPS_PER_EPOCH; step++) {
                for (Batch micro : batches.step(step)) {
                    for (int s = 0; s < micro.sequences(); s++) {
                        var place = batches.place(micro.unitIds()[s]);
                        int line = Integer.parseInt(place.substring((data + ":").length()));
                        var text = Files.readAllLines(data).get(line - 1).replaceAll(".*: \"|\"}", "");
                        int[] words = Arrays.copyOfRange(micro.tokens(), micro.sequenceStarts()[s], micro.sequenceStarts()[s + 1]);
                        assertEquals(text, tokenizer.decode(words, true), place);
                    }
                }
            }
            assertEquals("row 1000 of the epoch's stream", batches.place(999));
        }
    }

    @Test
    void nothingIsOpenedBeforeTheFirstStep() {
        try (var batches = batches(1)) {
            assertEquals(List.of(), opened);
            batches.step(0);
            assertEquals(List.of(0L), opened);
            assertEquals(ROWS, batches.report().rows(), "rows are encoded many at a time");
        }
    }

    @Test
    void aBadRowIsNamedWhenItIsReached() throws IOException {
        Files.writeString(data, Files.readString(data) + "{\"text\": 5}\n");
        try (var batches = batches(1)) {
            var refusal = assertThrows(LeewayException.class, () -> LongStream.range(0, 9).forEach(step -> batches.step((int) step)));
            assertEquals(data + ":24", refusal.getMessage().split(" ")[0].replaceAll(":$", ""));
        }
    }
}
