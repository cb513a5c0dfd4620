package dev.leeway.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeout;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.LeewayException;
import dev.leeway.data.DatasetReader.Options;
import dev.leeway.data.ExampleStream.Shuffle;
import dev.leeway.text.TinyTokenizer;
import dev.leeway.text.Tokenizer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Compressed files, folders, patterns; and what is read as a stream. */
final class DataFilesTest {

    @TempDir
    Path folder;

    private Tokenizer tokenizer;

    @BeforeEach
    void trainTokenizer() throws IOException {
        tokenizer = TinyTokenizer.in(Files.createDirectory(folder.resolve("model")));
    }

    @AfterEach
    void closeTokenizer() {
        tokenizer.close();
    }

    @Test
    void foldersAndPatternsStandForTheirFilesInOrder() throws IOException {
        Path data = folder.resolve("data");
        for (String name : List.of("b.jsonl", "a.json.gz", "notes.txt", "deep/c.jsonl")) {
            Files.createDirectories(data.resolve(name).getParent());
            Files.writeString(data.resolve(name), "");
        }
        assertEquals(List.of(data.resolve("a.json.gz"), data.resolve("b.jsonl"), data.resolve("deep/c.jsonl")),
                DataFiles.of(data.toString()));
        assertEquals(List.of(data.resolve("b.jsonl")), DataFiles.of(data + "/*.jsonl"));
        assertEquals(List.of(data.resolve("b.jsonl"), data.resolve("deep/c.jsonl")), DataFiles.of(data + "/{*,*/*}.jsonl"));
        assertEquals(List.of(data.resolve("none.jsonl")), DataFiles.of(data + "/none.jsonl"));
        String none = assertThrows(LeewayException.class, () -> DataFiles.of(data + "/*.csv")).getMessage();
        assertEquals("no data file matches " + data + "/*.csv; expected .jsonl or .json, perhaps with .gz, or .parquet", none);
    }

    @Test
    void aPatternLooksNoDeeperThanItSays() throws IOException {
        Path deep = Files.createDirectories(folder.resolve("data/a/b/c"));
        Path far = Files.writeString(deep.resolve("far.jsonl"), "");
        Path near = Files.writeString(folder.resolve("data/near.jsonl"), "");
        assertEquals(List.of(far, near), DataFiles.of(folder + "/data/**.jsonl"));
        assertEquals(List.of(far), DataFiles.of(folder + "/data/*/*/*/*.jsonl"));
        assertEquals(List.of(near), DataFiles.of(folder + "/*/*.jsonl"));
        assertEquals(List.of(far), DataFiles.of(folder + "/data/{a/b,x/y}/c/*.jsonl"));
        assertEquals(List.of(far), DataFiles.of(folder + "/data/{a/b/c,x}/*.jsonl"));
        // The whole machine would take minutes, and has folders that nobody may read.
        assertTimeout(Duration.ofSeconds(10), () -> assertThrows(LeewayException.class, () -> DataFiles.of("/*.leeway-nothing")));
    }

    @Test
    void aPatternWithAnOpenBracketIsRefusedInASentence() {
        var refusal = assertThrows(LeewayException.class, () -> DataFiles.of(folder + "/data[.jsonl"));
        assertEquals(LeewayException.Kind.USAGE, refusal.kind());
        assertTrue(refusal.getMessage().startsWith("there is no file " + folder + "/data[.jsonl, and it is no pattern either: "),
                refusal.getMessage());
    }

    @Test
    void aCompressedFileIsReadAsThePlainOne() throws IOException {
        String text = "{\"text\": \"Ana has\"}\n{\"text\": \"a cat\"}";
        Path plain = Files.writeString(folder.resolve("plain.jsonl"), text);
        Path compressed = Files.write(folder.resolve("compressed.jsonl.gz"), gzip(text));
        assertEquals(DatasetReader.read(List.of(plain), tokenizer, Options.unlimited()),
                DatasetReader.read(List.of(compressed), tokenizer, Options.unlimited()));
        byte[] torn = Arrays.copyOf(gzip(text.repeat(100)), 40);
        Path damaged = Files.write(folder.resolve("torn.jsonl.gz"), torn);
        String refusal = assertThrows(LeewayException.class,
                () -> DatasetReader.read(List.of(damaged), tokenizer, Options.unlimited())).getMessage();
        assertTrue(refusal.startsWith(damaged.toString()) && refusal.contains("cannot be read"), refusal);
    }

    @Test
    void aStreamGivesEveryRowOnceInAnOrderThatTheSeedDecides() throws IOException {
        Path data = rows("rows.jsonl", 3000);
        Mixture mixture = Mixture.parse(data.toString());
        List<String> inOrder = texts(mixture, new Shuffle(1, 1), 0);
        assertEquals(3000, inOrder.size());
        List<String> shuffled = texts(mixture, new Shuffle(1, 500), 0);
        assertNotEquals(inOrder, shuffled);
        assertEquals(inOrder.stream().sorted().toList(), shuffled.stream().sorted().toList());
        assertEquals(shuffled, texts(mixture, new Shuffle(1, 500), 0));
        assertNotEquals(shuffled, texts(mixture, new Shuffle(1, 500), 1));
        assertNotEquals(shuffled, texts(mixture, new Shuffle(2, 500), 0));
    }

    @Test
    void aStreamOfAMixtureHasItsSharesAndEndsWithTheFirstSource() throws IOException {
        Path many = rows("many.jsonl", 4000);
        Path few = Files.writeString(folder.resolve("few.jsonl"), "{\"prompt\": \"Ana\", \"completion\": \" cat\"}\n".repeat(1000));
        List<String> texts = texts(Mixture.parse(many + ":3," + few + ":1"), new Shuffle(1, 100), 0);
        long fromFew = texts.stream().filter("Ana cat"::equals).count();
        // 1 in 4 of 4000 draws: 1000 ± 27 (one standard deviation); five of them.
        assertTrue(Math.abs(fromFew - texts.size() / 4.0) < 5 * 27, fromFew + " of " + texts.size());
        assertTrue(texts.size() > 3400, "ended after " + texts.size());
    }

    @Test
    void aStreamRefusesWhatIsTruncatedWithoutReadingAll() throws IOException {
        Path data = rows("rows.jsonl", 50);
        try (var stream = new ExampleStream(Mixture.parse(data.toString()), tokenizer, new Options(Columns.AS_NAMED, 2, false),
                new Shuffle(0, 10), 0)) {
            assertTrue(assertThrows(LeewayException.class, stream::hasNext).getMessage().startsWith("50 of 50 rows"));
        }
        Path empty = Files.writeString(folder.resolve("empty.jsonl"), "");
        try (var stream = new ExampleStream(Mixture.parse(empty.toString()), tokenizer, Options.unlimited(), new Shuffle(0, 10), 0)) {
            assertEquals(empty + " has no rows", assertThrows(LeewayException.class, stream::hasNext).getMessage());
        }
        assertThrows(LeewayException.class, () -> new Shuffle(0, 0));
    }

    @Test
    void theReportGrowsWithTheStream() throws IOException {
        try (var stream = new ExampleStream(Mixture.parse(rows("rows.jsonl", 3000).toString()), tokenizer, Options.unlimited(),
                new Shuffle(0, 10), 0)) {
            stream.next();
            assertTrue(stream.report().rows() < 3000);
            stream.forEachRemaining(_ -> { });
            assertEquals(3000, stream.report().rows());
            assertFalse(stream.hasNext());
        }
    }

    private List<String> texts(Mixture mixture, Shuffle shuffle, long epoch) {
        List<String> texts = new ArrayList<>();
        try (var stream = new ExampleStream(mixture, tokenizer, Options.unlimited(), shuffle, epoch)) {
            stream.forEachRemaining(example -> texts.add(tokenizer.decode(example.tokens(), true)));
        }
        return texts;
    }

    private Path rows(String name, int count) throws IOException {
        var text = new StringBuilder();
        for (int i = 0; i < count; i++) {
            text.append("{\"text\": \"row ").append(i).append("\"}\n");
        }
        return Files.writeString(folder.resolve(name), text);
    }

    private static byte[] gzip(String text) throws IOException {
        var bytes = new ByteArrayOutputStream();
        try (var out = new GZIPOutputStream(bytes)) {
            out.write(text.getBytes(StandardCharsets.UTF_8));
        }
        return bytes.toByteArray();
    }
}
