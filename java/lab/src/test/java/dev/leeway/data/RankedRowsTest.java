package dev.leeway.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.LeewayException;
import dev.leeway.data.DatasetReader.Options;
import dev.leeway.data.Report.Count;
import dev.leeway.text.TinyTokenizer;
import dev.leeway.text.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Rows of two texts of which one is better, as reward models take them: each text as a whole. */
final class RankedRowsTest {

    /** It shows the last message otherwise than the ones before it, so where an answer starts can't be told. */
    private static final String TEMPLATE = "{% for m in messages %}{{ '<last>' if loop.last else '' }}{{ m.role }}: {{ m.content }}</s>"
            + "{% endfor %}";

    @TempDir
    Path folder;

    private Tokenizer tokenizer;

    @BeforeEach
    void trainTokenizer() {
        tokenizer = TinyTokenizer.in(folder);
    }

    @AfterEach
    void closeTokenizer() {
        tokenizer.close();
    }

    private RowSet<PreferenceExample> read(Options options, String... rows) throws IOException {
        return DatasetReader.readRanked(List.of(Files.writeString(folder.resolve("rows.jsonl"), String.join("\n", rows))), tokenizer,
                options);
    }

    private int[] withEnd(String text) {
        int[] ids = tokenizer.encode(text, true);
        int[] ended = java.util.Arrays.copyOf(ids, ids.length + 1);
        ended[ids.length] = tokenizer.endOfSequence().orElseThrow();
        return ended;
    }

    @Test
    void textsNeedNotBeginAlikeAndAreTakenWhole() throws IOException {
        PreferenceExample pair = read(Options.unlimited(), "{\"chosen\": \"Ana has a cat.\", \"rejected\": \"two\"}").units().getFirst();
        assertArrayEquals(withEnd("Ana has a cat."), pair.chosen().tokens());
        assertArrayEquals(withEnd("two"), pair.rejected().tokens());
        assertEquals(pair.chosen().length() - 1, pair.chosen().trainedTokens());
        assertEquals(OptionalDouble.empty(), pair.margin());
    }

    @Test
    void oneTextMayBeginWithTheOther() throws IOException {
        assertEquals(1, read(Options.unlimited(), "{\"chosen\": \"two four\", \"rejected\": \"two\"}").units().size());
    }

    @Test
    void aPromptComesBeforeBoth() throws IOException {
        PreferenceExample pair = read(Options.unlimited(), "{\"prompt\": \"two?\", \"chosen\": \" four.\", \"rejected\": \" milk.\"}")
                .units().getFirst();
        assertArrayEquals(withEnd("two? four."), pair.chosen().tokens());
        assertArrayEquals(withEnd("two? milk."), pair.rejected().tokens());
    }

    @Test
    void conversationsAreRenderedWhole() throws IOException {
        Options options = Options.unlimited().withChat(ChatFormat.of(TEMPLATE, Map.of()));
        PreferenceExample pair = read(options, "{\"chosen\": [{\"role\": \"user\", \"content\": \"two?\"}, {\"role\": \"assistant\","
                + " \"content\": \"four.\"}], \"rejected\": [{\"role\": \"user\", \"content\": \"milk\"}]}").units().getFirst();
        assertArrayEquals(tokenizer.encode("user: two?</s><last>assistant: four.</s>", false), pair.chosen().tokens());
        assertArrayEquals(tokenizer.encode("<last>user: milk</s>", false), pair.rejected().tokens());
    }

    @Test
    void aMarginIsANumberOrNothing() throws IOException {
        List<PreferenceExample> pairs = read(Options.unlimited(), "{\"chosen\": \"a\", \"rejected\": \"b\", \"margin\": 1.5}",
                "{\"chosen\": \"a\", \"rejected\": \"b\", \"margin\": -2}", "{\"chosen\": \"a\", \"rejected\": \"b\", \"margin\": null}",
                "{\"chosen\": \"a\", \"rejected\": \"b\"}").units();
        assertEquals(List.of(OptionalDouble.of(1.5), OptionalDouble.of(-2), OptionalDouble.empty(), OptionalDouble.empty()),
                pairs.stream().map(PreferenceExample::margin).toList());
        for (String bad : List.of("\"1\"", "true", "1e999")) {
            LeewayException refusal = assertThrows(LeewayException.class,
                    () -> read(Options.unlimited(), "{\"chosen\": \"a\", \"rejected\": \"b\", \"margin\": " + bad + "}"));
            assertTrue(refusal.getMessage().contains("rows.jsonl:1: 'margin' must be a finite number, found "), refusal.getMessage());
        }
    }

    @Test
    void theMarginMayHaveAnotherName() throws IOException {
        Options options = new Options(Columns.parse("margin=gap"), Options.UNLIMITED, false);
        assertEquals(OptionalDouble.of(3), read(options, "{\"chosen\": \"a\", \"rejected\": \"b\", \"gap\": 3}").units().getFirst()
            .margin());
    }

    @Test
    void rowsThatAreTooLongAreLeftOutAndCounted() throws IOException {
        Options options = new Options(Columns.AS_NAMED, 10, false).withTruncation(Truncation.LEAVE_OUT);
        RowSet<PreferenceExample> rows = read(options, "{\"chosen\": \"a\", \"rejected\": \"b\"}",
                "{\"chosen\": \"a\", \"rejected\": \"" + "q".repeat(20) + "\"}", "{\"chosen\": \"c\", \"rejected\": \"b\"}");
        assertEquals(List.of(0L, 2L), rows.units().stream().map(PreferenceExample::unitId).toList());
        assertEquals(new Count(1, Optional.of(folder.resolve("rows.jsonl") + ":2")), rows.report().leftOut());
        assertEquals(Count.NONE, rows.report().truncated());
        String summary = rows.report().summary();
        assertTrue(summary.contains("1 left out because they are longer than the maximum length"), summary);
        LeewayException none = assertThrows(LeewayException.class,
                () -> read(options, "{\"chosen\": \"" + "q".repeat(20) + "\", \"rejected\": \"b\"}"));
        assertTrue(none.getMessage().contains("is longer than max_length 10, the longest with 22 tokens at "), none.getMessage());
    }

    @Test
    void theCacheKeepsMarginsAndWhatWasLeftOut() throws IOException {
        Path file = Files.writeString(folder.resolve("rows.jsonl"), "{\"chosen\": \"a\", \"rejected\": \"b\", \"margin\": 2.5}\n"
                + "{\"chosen\": \"a\", \"rejected\": \"" + "q".repeat(20) + "\"}");
        Options options = new Options(Columns.AS_NAMED, 10, false).withTruncation(Truncation.LEAVE_OUT).whole();
        var cache = new DatasetCache(folder.resolve("cache"));
        var first = cache.find(List.of(file), tokenizer, options, Purpose.RANKED);
        var second = cache.find(List.of(file), tokenizer, options, Purpose.RANKED);
        assertFalse(first.fromCache());
        assertTrue(second.fromCache());
        assertEquals(first.rows().units(), second.rows().units());
        assertEquals(first.rows().report(), second.rows().report());
        assertEquals(1, second.rows().report().leftOut().rows());
    }

    @Test
    void aFileOfPairsIsKnownByItsFirstRow() throws IOException {
        Path file = Files.writeString(folder.resolve("rows.jsonl"), "{\"chosen\": \"a\", \"rejected\": \"b\"}");
        assertTrue(DatasetReader.hasPairs(file, Columns.AS_NAMED));
        assertFalse(DatasetReader.hasPairs(file, Columns.parse("chosen=better")));
        assertFalse(DatasetReader.hasPairs(Files.writeString(folder.resolve("none.jsonl"), ""), Columns.AS_NAMED));
    }

    @Test
    void placesComeInTheOrderOfTheRows() throws IOException {
        Path one = Files.writeString(folder.resolve("one.jsonl"), "{\"text\": \"a\"}\n\n{\"text\": \"b\"}\n");
        Path two = Files.writeString(folder.resolve("two.jsonl"), "{\"text\": \"c\"}\n");
        assertEquals(List.of(one + ":1", one + ":3", two + ":1"), new RowPlaces(List.of(one, two)).all());
    }
}
