package dev.leeway.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
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
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class DatasetReaderTest {

    private static final int END = 1;

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

    @Test
    void onlyTheCompletionAndTheEndAreTrained() throws IOException {
        Path file = write("{\"prompt\": \"Question: two?\\nAnswer:\", \"completion\": \" four.\"}");
        Dataset dataset = read(file, Options.unlimited());
        Example example = dataset.examples().getFirst();
        int promptLength = tokenizer.encode("Question: two?\nAnswer:", true).length;
        int[] whole = tokenizer.encode("Question: two?\nAnswer: four.", true);
        assertArrayEquals(append(whole, END), example.tokens());
        for (int i = 0; i < example.length(); i++) {
            assertEquals(i >= promptLength, example.mask()[i], "token " + i);
        }
        assertEquals(new Report(1, whole.length + 1, whole.length + 1 - promptLength, Count.NONE, Count.NONE, Count.NONE,
                Count.NONE, List.of()), dataset.report());
    }

    @Test
    void aTextIsTrainedFromItsSecondTokenOn() throws IOException {
        Example example = read(write("{\"text\": \"Ana has a cat.\"}"), Options.unlimited()).examples().getFirst();
        assertArrayEquals(append(tokenizer.encode("Ana has a cat.", true), END), example.tokens());
        assertEquals(example.length() - 1, example.trainedTokens());
    }

    @Test
    void anEndThatIsInTheTextIsNotRepeated() throws IOException {
        Example example = read(write("{\"prompt\": \"Ana\", \"completion\": \" has</s>\"}"), Options.unlimited()).examples().getFirst();
        assertArrayEquals(append(tokenizer.encode("Ana has", true), END), example.tokens());
    }

    @Test
    void columnsAreRenamedAndOthersIgnored() throws IOException {
        Path file = write("{\"question\": \"Ana\", \"answer\": \" has\", \"text\": 3, \"prompt\": null}");
        var options = new Options(Columns.parse("prompt=question, completion = answer"), 100, false);
        Path plain = Files.writeString(folder.resolve("plain.jsonl"), "{\"prompt\": \"Ana\", \"completion\": \" has\"}");
        assertEquals(read(plain, Options.unlimited()), read(file, options));
    }

    @Test
    void aTokenAcrossTheBoundaryIsTrainedAndCounted() throws IOException {
        // "the ca" + "t drinks": alone the prompt ends in its own token, in the whole text " cat" is one.
        Path file = write("{\"prompt\": \"Ana\", \"completion\": \" has\"}\n{\"prompt\": \"The ca\", \"completion\": \"t drinks\"}");
        Dataset dataset = read(file, Options.unlimited());
        Example merged = dataset.examples().getLast();
        int[] whole = tokenizer.encode("The cat drinks", true);
        int[] shared = tokenizer.encode("The", true);
        assertEquals(tokenizer.tokenToId("Ġcat").orElseThrow(), whole[shared.length]);
        assertArrayEquals(append(whole, END), merged.tokens());
        assertEquals(merged.length() - shared.length, merged.trainedTokens());
        assertEquals(new Count(1, Optional.of(file + ":2")), dataset.report().merged());
    }

    @Test
    void aTokenizerThatEndsTextsItselfMergesNoRows() throws IOException {
        String json = Files.readString(folder.resolve("tokenizer.json")).replaceFirst("\"single\" : \\[",
                "\"single\" : [ {\"SpecialToken\": {\"id\": \"<s>\", \"type_id\": 0}}, {\"Sequence\": {\"id\": \"A\", \"type_id\": 0}},"
                        + " {\"SpecialToken\": {\"id\": \"</s>\", \"type_id\": 0}}], \"double\" : [");
        json = json.replaceFirst("\"special_tokens\" : \\{", "\"special_tokens\" : { \"</s>\": {\"id\": \"</s>\", \"ids\": [1],"
                + " \"tokens\": [\"</s>\"]},");
        Path ending = Files.createDirectory(folder.resolve("ending"));
        Files.writeString(ending.resolve("tokenizer.json"), json);
        Files.copy(folder.resolve("tokenizer_config.json"), ending.resolve("tokenizer_config.json"));
        Path file = write("{\"prompt\": \"Ana\", \"completion\": \" has\"}\n{\"prompt\": \"The ca\", \"completion\": \"t drinks\"}");
        try (Tokenizer ends = Tokenizer.load(ending)) {
            assertEquals(END, Arrays.stream(ends.encode("Ana", true)).skip(1 + tokenizer.encode("Ana", false).length).sum());
            assertEquals(read(file, Options.unlimited()), DatasetReader.read(List.of(file), ends, Options.unlimited()));
        }
    }

    @Test
    void longRowsKeepTheirStart() throws IOException {
        Path file = write("{\"text\": \"Ana has a cat. The cat drinks milk.\"}");
        Dataset dataset = read(file, new Options(Columns.AS_NAMED, 4, true));
        int[] whole = tokenizer.encode("Ana has a cat. The cat drinks milk.", true);
        assertArrayEquals(Arrays.copyOf(whole, 4), dataset.examples().getFirst().tokens());
        assertEquals(new Count(1, Optional.of(file + ":1")), dataset.report().truncated());
    }

    @Test
    void moreThanOneTruncatedRowInAHundredIsRefusedUnlessAllowed() throws IOException {
        String shortRow = "{\"text\": \"Ana\"}\n";
        String longRow = "{\"text\": \"" + "q".repeat(1500) + "\"}\n";
        var strict = new Options(Columns.AS_NAMED, 1000, false);
        assertEquals(1, read(write(shortRow.repeat(99) + longRow), strict).report().truncated().rows());
        Path file = write(shortRow.repeat(98) + longRow);
        var refused = assertThrows(LeewayException.class, () -> read(file, strict));
        assertEquals("1 of 99 rows (1.0 %) are longer than max_length 1000, the longest with 1,502 tokens at " + file
                + ":99; raise --max_length, or add --allow_truncation to keep only their first 1000 tokens", refused.getMessage());
        assertEquals(99, read(file, new Options(Columns.AS_NAMED, 1000, true)).examples().size());
    }

    @Test
    void rowsWhoseCompletionIsCutOffAreDroppedAndKeepTheirNumber() throws IOException {
        String row = "{\"prompt\": \"%s\", \"completion\": \" four\"}\n";
        Path file = write(row.formatted("two") + row.formatted("q".repeat(50)) + row.formatted("Ana"));
        Dataset dataset = read(file, new Options(Columns.AS_NAMED, 20, true));
        assertEquals(List.of(0L, 2L), dataset.examples().stream().map(Example::unitId).toList());
        assertEquals(new Count(1, Optional.of(file + ":2")), dataset.report().dropped());
        assertTrue(dataset.report().summary().endsWith("; 1 dropped because no trained token was left (first: " + file + ":2)"),
                dataset.report().summary());
    }

    @Test
    void aDataSetWithNothingToTrainIsRefused() throws IOException {
        Path file = write("{\"prompt\": \"" + "q".repeat(50) + "\", \"completion\": \" four\"}");
        assertEquals("no row of " + file + " has a token left to train on: of 1 rows 1 were cut to 20 tokens; raise --max_length",
                refusal(file, new Options(Columns.AS_NAMED, 20, true)));
        assertEquals(file + " has no rows", refusal(write("\n\n"), Options.unlimited()));
    }

    @Test
    void unitIdsCountThroughAllFiles() throws IOException {
        Path first = Files.writeString(folder.resolve("a.json"), "[{\"text\": \"Ana\"}, {\"text\": \"cat\"}]");
        Path second = write("{\"text\": \"milk\"}\n".repeat(1500));
        Dataset dataset = DatasetReader.read(List.of(first, second), tokenizer, Options.unlimited());
        assertEquals(1502, dataset.examples().size());
        assertEquals(1501L, dataset.examples().getLast().unitId());
    }

    @Test
    void rowsInMemoryAreEncodedAsThoseOfAFile() throws IOException {
        Path file = write("{\"prompt\": \"two\", \"completion\": \" four\"}\n{\"prompt\": \"\", \"completion\": \"Ana has\"}");
        var rows = List.of(new PromptCompletion("two", " four"), PromptCompletion.ofText("Ana has"));
        assertEquals(read(file, Options.unlimited()), DatasetReader.encode(rows, tokenizer, Options.unlimited()));
        assertThrows(LeewayException.class, () -> new PromptCompletion("two", ""));
    }

    @Test
    void rowsOfTheWrongShapeAreRefusedWithTheirPlace() throws IOException {
        String good = "{\"prompt\": \"a\", \"completion\": \"b\"}\n";
        assertRefused(good + "{\"prompt\": \"a\"}", ":2 has no column 'completion' (it has: prompt)");
        assertRefused(good + "{\"prompt\": 3, \"completion\": \"b\"}", ":2: 'prompt' must be a string, found the number 3");
        assertRefused(good + "{\"prompt\": null, \"completion\": \"b\"}", ":2: 'prompt' must be a string, found null");
        assertRefused(good + "{\"prompt\": {}, \"completion\": \"b\"}", ":2: 'prompt' must be a string, found an object");
        assertRefused(good + "{\"prompt\": \"a\", \"completion\": []}", ":2: 'completion' is a list, but the columns beside it are text;"
                + " give all of a row as strings, or all as lists of messages");
        assertRefused(good + "{\"prompt\": \"a\", \"completion\": \"\"}",
                ":2: 'completion' is empty, so there is nothing to train on; fill it or drop the row");
        assertRefused("{\"prompt\": \"a\"}", ":1 has no column 'completion' (it has: prompt); name the one to read with"
                + " --columns completion=NAME");
        String formats = " has none of the formats that are read here: messages; prompt + completion; text (it has: ";
        String hint = "); name the columns to read, such as --columns prompt=question,completion=answer";
        assertRefused("{\"question\": \"a\"}", ":1" + formats + "question" + hint);
        assertRefused("{\"a\\nb\": 1}", ":1" + formats + "a?b" + hint);
        assertRefused("{\"chosen\": \"a\", \"rejected\": \"b\"}", ":1 has chosen + rejected, rows for preference training; here the columns"
                + " messages; prompt + completion; text are read (it has: chosen, rejected)");
        assertRefused("{\"messages\": [{\"role\": \"user\", \"content\": \"a\"}]}", ":1: it is a conversation, which needs a chat template,"
                + " and the model has none (chat_template.jinja, or chat_template in tokenizer_config.json); add one, or give"
                + " rows of text");
    }

    @Test
    void aTokenizerWithoutAnEndIsRefused() throws IOException {
        Files.delete(folder.resolve("tokenizer_config.json"));
        try (Tokenizer endless = Tokenizer.load(folder)) {
            Path file = write("{\"text\": \"Ana\"}");
            var refused = assertThrows(LeewayException.class, () -> DatasetReader.read(List.of(file), endless, Options.unlimited()));
            assertTrue(refused.getMessage().startsWith("nothing beside " + folder.resolve("tokenizer.json") + " names the end-of-sequence"),
                    refused.getMessage());
        }
    }

    @Test
    void columnsOfAnotherFormAreRefused() {
        for (String text : List.of("", "prompt", "prompt=", "=a", "prompt=a,", "promt=a", "prompt=a,prompt=b")) {
            assertThrows(LeewayException.class, () -> Columns.parse(text), text);
        }
        assertThrows(LeewayException.class, () -> new Options(Columns.AS_NAMED, 1, true));
    }

    @Test
    void anExampleWithAnImpossibleMaskCannotBeMade() {
        assertThrows(IllegalArgumentException.class, () -> new Example(new int[] {1}, new boolean[] {true}, 0));
        assertThrows(IllegalArgumentException.class, () -> new Example(new int[] {1, 2}, new boolean[] {false}, 0));
        assertThrows(IllegalArgumentException.class, () -> new Example(new int[0], new boolean[0], 0));
    }

    private void assertRefused(String text, String message) throws IOException {
        Path file = write(text);
        assertEquals(file + message, refusal(file, Options.unlimited()));
    }

    private String refusal(Path file, Options options) {
        return assertThrows(LeewayException.class, () -> read(file, options)).getMessage();
    }

    private Dataset read(Path file, Options options) {
        return DatasetReader.read(List.of(file), tokenizer, options);
    }

    private Path write(String text) throws IOException {
        return Files.writeString(folder.resolve("data.jsonl"), text);
    }

    private static int[] append(int[] ids, int id) {
        int[] longer = Arrays.copyOf(ids, ids.length + 1);
        longer[ids.length] = id;
        return longer;
    }
}
