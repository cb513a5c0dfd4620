package dev.leeway.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.data.DatasetReader.Options;
import dev.leeway.text.TinyTokenizer;
import dev.leeway.text.Tokenizer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class DatasetCacheTest {

    private static final String ROWS = "{\"prompt\": \"two?\", \"completion\": \" four.\"}\n"
            + "{\"prompt\": \"The ca\", \"completion\": \"t\"}";

    @TempDir
    Path folder;

    private Path data;
    private Path kept;
    private DatasetCache cache;
    private Tokenizer tokenizer;

    @BeforeEach
    void trainTokenizer() throws IOException {
        tokenizer = TinyTokenizer.in(folder);
        data = Files.writeString(folder.resolve("data.jsonl"), ROWS);
        kept = folder.resolve("cache");
        cache = new DatasetCache(kept);
    }

    @AfterEach
    void closeTokenizer() {
        tokenizer.close();
    }

    @Test
    void whatComesFromTheCacheIsWhatWasEncoded() throws IOException {
        Dataset encoded = DatasetReader.read(List.of(data), tokenizer, Options.unlimited());
        assertEquals(encoded, read(Options.unlimited()));
        assertEquals(encoded, read(Options.unlimited()));
        assertTrue(cache.find(List.of(data), tokenizer, Options.unlimited(), Purpose.SUPERVISED).fromCache());
        assertEquals(1, files().size());
    }

    @Test
    void pairsAndLabelsAreKeptToo() throws IOException {
        Files.writeString(data, "{\"prompt\": \"two?\", \"chosen\": \" four.\", \"rejected\": \" milk.\","
                + " \"completion\": \" a\", \"label\": false, \"margin\": 0.5}");
        for (int i = 0; i < 2; i++) {
            assertEquals(DatasetReader.readPreferences(List.of(data), tokenizer, Options.unlimited()),
                    cache.find(List.of(data), tokenizer, Options.unlimited(), Purpose.PREFERENCE).rows());
            assertEquals(DatasetReader.readLabelled(List.of(data), tokenizer, Options.unlimited()),
                    cache.find(List.of(data), tokenizer, Options.unlimited(), Purpose.LABELLED).rows());
            assertEquals(DatasetReader.readRanked(List.of(data), tokenizer, Options.unlimited()),
                    cache.find(List.of(data), tokenizer, Options.unlimited().whole(), Purpose.RANKED).rows());
        }
        assertEquals(3, files().size());
    }

    @Test
    void everythingThatChangesTheRowsChangesTheKey() throws IOException {
        read(Options.unlimited());
        read(new Options(Columns.AS_NAMED, 100, false));
        read(new Options(Columns.AS_NAMED, 100, true));
        read(new Options(Columns.parse("tools=t"), 100, true));
        ChatFormat chat = ChatFormat.of("a", Map.of());
        read(Options.unlimited().withChat(chat));
        read(Options.unlimited().withChat(ChatFormat.of("b", Map.of())));
        read(Options.unlimited().withChat(ChatFormat.of("a", Map.of("x", 1))));
        read(Options.unlimited().withChat(chat.withPlainUserText(true)));
        read(Options.unlimited().withChat(chat.withTrained(TrainedTurns.ALL_TOKENS)));
        read(Options.unlimited().withTruncation(new Truncation(Truncation.Keep.END, Optional.empty())));
        read(Options.unlimited().withTruncation(new Truncation(Truncation.Keep.START, Optional.of(4))));
        assertEquals(11, files().size());
        Files.writeString(data, ROWS.replace("four", "five"));
        read(Options.unlimited());
        Files.writeString(folder.resolve("config.json"), "{\"eos_token_id\": 1}");
        read(Options.unlimited());
        assertEquals(13, files().size());
    }

    @Test
    void everyFlippedBitAndEveryCutIsFoundAndTheDataEncodedAnew() throws IOException {
        Dataset encoded = read(Options.unlimited());
        Path file = files().getFirst();
        byte[] whole = Files.readAllBytes(file);
        for (int i = 0; i < whole.length; i++) {
            byte[] flipped = whole.clone();
            flipped[i] ^= (byte) (1 << i % 8);
            assertRebuilt(encoded, file, flipped);
        }
        for (int length : new int[] {0, 1, 31, 32, 33, whole.length - 1}) {
            assertRebuilt(encoded, file, Arrays.copyOf(whole, length));
        }
        assertEquals(encoded, read(Options.unlimited()));
        assertEquals(1, files().size());
    }

    @Test
    void aFolderThatCannotBeWrittenIsAWarningNotAFailure() throws IOException {
        Files.writeString(kept, "a file, not a folder");
        Report report = read(Options.unlimited()).report();
        assertEquals(1, report.warnings().size());
        assertTrue(report.summary().contains("; the encoded data could not be kept in " + kept), report.summary());
    }

    @Test
    void whatWasNotUsedForLongestGoesWhereTheCacheIsFull() throws IOException {
        read(limited(10));
        long one = Files.size(files().getFirst());
        cache = new DatasetCache(kept, 2 * one + one / 2);
        long day = Duration.ofDays(1).toMillis();
        Path first = files().getFirst();
        Files.setLastModifiedTime(first, FileTime.fromMillis(System.currentTimeMillis() - 2 * day));
        read(limited(11));
        Path second = files().stream().filter(file -> !file.equals(first)).findFirst().orElseThrow();
        Files.setLastModifiedTime(second, FileTime.fromMillis(System.currentTimeMillis() - day));
        read(limited(10)); // is the latest used now
        read(limited(12));
        assertEquals(2, files().size());
        assertTrue(Files.exists(first) && !Files.exists(second));
        cache = new DatasetCache(kept, 1);
        read(limited(13));
        assertEquals(1, files().size(), "the rows of this run stay");
        assertTrue(cache.find(List.of(data), tokenizer, limited(13), Purpose.SUPERVISED).fromCache());
    }

    private static Options limited(int length) {
        return new Options(Columns.AS_NAMED, length, false);
    }

    @Test
    void whatAKilledProcessLeftIsRemovedAndWhatALivingOneWritesStays() throws IOException {
        Files.createDirectories(kept);
        Path living = Files.createFile(kept.resolve("unfinished1.tmp"));
        Path left = Files.createFile(kept.resolve("unfinished2.tmp"));
        Files.setLastModifiedTime(left, FileTime.fromMillis(System.currentTimeMillis() - Duration.ofDays(2).toMillis()));
        read(Options.unlimited());
        assertTrue(Files.exists(living) && !Files.exists(left));
    }

    @Test
    void rowsOfAFileThatChangesWhileItIsReadAreNotKeptUnderItsFormerContents() throws IOException {
        RowSet<Example> rows = cache.cached(List.of(data), tokenizer, Options.unlimited(), Purpose.SUPERVISED, () -> {
            append("\n" + ROWS);
            return DatasetReader.read(List.of(data), tokenizer, Options.unlimited(), Purpose.SUPERVISED);
        });
        assertEquals(List.of("the encoded data is not kept, because its files changed while they were read"), rows.report().warnings());
        Files.writeString(data, ROWS);
        assertEquals(2, read(Options.unlimited()).examples().size());
    }

    private void append(String text) {
        try {
            Files.writeString(data, text, StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void assertRebuilt(Dataset encoded, Path file, byte[] damaged) throws IOException {
        Files.write(file, damaged);
        Dataset rebuilt = read(Options.unlimited());
        assertEquals(encoded.examples(), rebuilt.examples());
        assertEquals(List.of("the cache file " + file + " is damaged (its checksum does not fit), so the data was encoded anew"),
                rebuilt.report().warnings());
    }

    private Dataset read(Options options) {
        return cache.read(List.of(data), tokenizer, options);
    }

    private List<Path> files() throws IOException {
        try (Stream<Path> files = Files.list(kept)) {
            return files.toList();
        }
    }
}
