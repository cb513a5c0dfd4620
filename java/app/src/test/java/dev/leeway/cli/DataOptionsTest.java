package dev.leeway.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.io.JsonFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where rows come from and what becomes of them, as the command line says it. */
final class DataOptionsTest {

    private static final int SIGKILL = 128 + 9;

    @TempDir
    private Path folder;
    private Path rows;

    @BeforeEach
    void makeModel() throws IOException {
        TinyModel.model(folder);
        rows = folder.resolve("rows.jsonl");
    }

    private Object[] sft(String name, Object data, Object... more) {
        var arguments = new ArrayList<Object>(List.of("sft", "--model_name_or_path", folder.resolve("model"), "--dataset_name", data,
            "--output_dir", folder.resolve(name), "--per_device_train_batch_size", 2, "--learning_rate", "1e-3"));
        arguments.addAll(List.of(more));
        return arguments.toArray();
    }

    private Cli train(String name, Object data, Object... more) {
        return Cli.succeed(sft(name, data, more));
    }

    private void refused(int code, String sentence, Object data, Object... more) {
        var result = Cli.run(sft("refused", data, more));
        assertEquals(code, result.code(), result.err());
        assertTrue(result.err().contains(sentence), result.err());
    }

    private void requireSame(String file, String one, String other) throws IOException {
        assertEquals(-1, Files.mismatch(folder.resolve(one).resolve(file), folder.resolve(other).resolve(file)), file);
    }

    @Test
    void theSecondRunFindsItsRowsInTheCache() throws IOException {
        var cache = folder.resolve("cache");
        var first = train("first", rows, "--max_steps", 2, "--dataset_cache_dir", cache);
        assertTrue(first.err().contains("cache     rows encoded and kept in " + cache), first.err());
        var second = train("second", rows, "--max_steps", 2, "--dataset_cache_dir", cache);
        assertTrue(second.err().contains("cache     all rows found in " + cache), second.err());
        requireSame("metrics.jsonl", "first", "second");
        var without = train("without", rows, "--max_steps", 2, "--dataset_cache_dir", "none");
        assertTrue(without.err().contains("cache     not used"), without.err());
        requireSame("model.safetensors", "first", "without");
        Files.writeString(rows, Files.readString(rows).replace("number 5", "number 7"));
        assertTrue(train("changed", rows, "--max_steps", 2, "--dataset_cache_dir", cache).err().contains("rows encoded and kept"));
    }

    @Test
    void compressedRowsAreTheSameRows() throws IOException {
        var packed = folder.resolve("rows.jsonl.gz");
        try (var out = new GZIPOutputStream(Files.newOutputStream(packed))) {
            Files.copy(rows, out);
        }
        train("plain", rows, "--max_steps", 2);
        train("packed", packed, "--max_steps", 2);
        requireSame("metrics.jsonl", "plain", "packed");
    }

    @Test
    void parquetWithoutDuckDbSaysWhichJarIsMissing() throws IOException {
        var file = Files.writeString(folder.resolve("rows.parquet"), "PAR1 and so on");
        refused(5, "add the jar of org.duckdb:duckdb_jdbc to it (for ./leeway: set LEEWAY_CLASS_PATH to the jar)", file);
    }

    @Test
    void weightsMixNamesInProportion() throws IOException {
        var other = Files.writeString(folder.resolve("other.jsonl"), Files.readString(rows).replace("number", "figure"));
        var run = train("mixed", rows + "," + other, "--dataset_weights", "3,1", "--num_train_epochs", 1);
        assertTrue(run.err().contains("mixture   6 of 6 rows an epoch from " + rows), run.err());
        assertTrue(run.err().contains("mixture   2 of 6 rows an epoch from " + other), run.err());
        assertTrue(run.err().contains("4 of 2 × 1 rows; 4 an epoch"), run.err());
        refused(2, "--dataset_weights has 1 weights for 2 names", rows + "," + other, "--dataset_weights", "3");
        refused(2, "--dataset_weights must be positive numbers; got -1.0", rows + "," + other, "--dataset_weights", "3,-1");
    }

    @Test
    void aSplitIsFoundByItsName() throws IOException {
        var data = Files.createDirectory(folder.resolve("data"));
        Files.copy(rows, data.resolve("train.jsonl"));
        Files.writeString(data.resolve("test-00000-of-00001.jsonl"), Files.readAllLines(rows).getFirst() + "\n");
        var run = train("split", data, "--dataset_train_split", "train", "--dataset_test_split", "test", "--max_steps", 1);
        assertTrue(run.err().contains("data      6 rows") && run.err().contains("eval      1 rows"), run.err());
        refused(3, "belongs to the split validation", data, "--dataset_train_split", "validation");
        refused(2, "needs --dataset_train_split, or its rows would be trained on too", data, "--dataset_test_split", "test");
        assertTrue(train("all", data, "--max_steps", 1).err().contains("data      7 rows"), "a folder is all of its files");
    }

    @Test
    void aStreamedRunThatWasKilledGoesOnBitForBit() throws IOException, InterruptedException {
        var options = new Object[] {"--streaming", "--shuffle_buffer_size", 4, "--max_steps", 8, "--save_steps", 3};
        var whole = train("whole", rows, options);
        assertTrue(whole.err().contains("streamed from " + rows) && whole.err().contains("shuffle   in a buffer of 4 rows"), whole.err());
        try (var child = Child.start(folder.resolve("log"), Optional.of("AFTER_PARENT_FSYNC:2"), sft("killed", rows, options))) {
            assertEquals(SIGKILL, child.await(), child.text());
        }
        train("killed", rows, Stream.concat(Stream.of(options), Stream.of("--resume_from_checkpoint")).toArray());
        requireSame("metrics.jsonl", "whole", "killed");
        requireSame("model.safetensors", "whole", "killed");
    }

    @Test
    void aStreamedRunTellsInTheEndWhatBecameOfItsRows() throws IOException {
        var data = Files.writeString(folder.resolve("long.jsonl"), Files.readString(rows) + "{\"prompt\": \"" + "x".repeat(99)
            + "\", \"completion\": \"y\"}\n");
        var run = train("out", data, "--streaming", "--shuffle_buffer_size", 1, "--max_steps", 7, "--max_length", 40, "--allow_truncation");
        assertTrue(run.err().contains("streamed in the first epoch: 7 rows"), run.err());
        assertTrue(run.err().contains("; 1 truncated to the maximum length (first: " + data + ":7); 1 dropped because"), run.err());
    }

    @Test
    void streamingSaysWhatItCannotDo() {
        refused(2, "--streaming does not know how many rows there are", rows, "--streaming");
        var result = Cli.run(sft("refused", rows, "--streaming", "--packing", "--eval_split", 0.5, "--save_strategy", "epoch",
            "--dataset_cache_dir", "none"));
        for (var sentence : new String[] {"--streaming and --packing exclude", "--streaming and --eval_split exclude",
            "--streaming does not know how long an epoch is", "--dataset_cache_dir has no effect with --streaming"}) {
            assertTrue(result.err().contains(sentence), result.err());
        }
        refused(2, "--shuffle_buffer_size has no effect without --streaming", rows, "--shuffle_buffer_size", 5);
    }

    @Test
    void controlTokensThatUsersSpellAreCountedAndStayTextOnRequest() throws IOException {
        Files.writeString(folder.resolve("model/chat_template.jinja"), TinyModel.CHAT_TEMPLATE);
        var chat = Files.writeString(folder.resolve("chat.jsonl"), conversation("one") + conversation("</s> is two"));
        var tokens = train("tokens", chat, "--max_steps", 2);
        assertTrue(tokens.err().contains("; 1 with a control token in the words of a user or tool (first: " + chat + ":2)"), tokens.err());
        var text = train("text", chat, "--max_steps", 2, "--plain_user_text");
        assertTrue(text.err().contains("; 1 with a control token"), text.err());
        assertNotEquals(count("num_tokens", "tokens"), count("num_tokens", "text"), "</s> is several tokens then");
    }

    private static String conversation(String words) {
        return "{\"messages\": [{\"role\": \"user\", \"content\": \"" + words + "\"}, {\"role\": \"assistant\", \"content\": \"number\"}, "
            + "{\"role\": \"user\", \"content\": \"and\"}, {\"role\": \"assistant\", \"content\": \"more\"}]}\n";
    }

    private long count(String field, String run) throws IOException {
        return Cli.metrics(folder.resolve(run)).getFirst().requireLong(field);
    }

    @Test
    void whatOfAConversationIsTrainedIsChosen() throws IOException {
        refused(2, "has no chat template, so it takes no conversations", rows, "--mask_history");
        Files.writeString(folder.resolve("model/chat_template.jinja"), TinyModel.CHAT_TEMPLATE);
        var chat = Files.writeString(folder.resolve("chat.jsonl"), conversation("one"));
        train("all", chat, "--max_steps", 1, "--assistant_only_loss", false);
        train("assistant", chat, "--max_steps", 1);
        train("last", chat, "--max_steps", 1, "--mask_history");
        long all = count("num_trained_tokens", "all");
        long assistant = count("num_trained_tokens", "assistant");
        long last = count("num_trained_tokens", "last");
        assertTrue(last > 0 && last < assistant && assistant < all, last + " " + assistant + " " + all);
        assertEquals(count("num_tokens", "all") - 1, all, "nothing precedes the first token");
        refused(2, "exclude each other", chat, "--mask_history", "--assistant_only_loss", false);
    }

    @Test
    void promptsAreTrainedOnRequest() throws IOException {
        train("completion", rows, "--max_steps", 1);
        train("all", rows, "--max_steps", 1, "--completion_only_loss", false);
        assertTrue(count("num_trained_tokens", "completion") < count("num_trained_tokens", "all"));
        assertEquals(count("num_tokens", "all") - 2, count("num_trained_tokens", "all"), "all but the first of each of two rows");
    }

    @Test
    void anIdWithoutAnEmbeddingIsNamedByFileAndLine() throws IOException {
        var small = Files.createDirectory(folder.resolve("small"));
        JsonFile.write(small.resolve("config.json"), JsonFile.read(folder.resolve("model/config.json")).node().put("vocab_size", 64));
        var pretrain = new ArrayList<Object>(List.of("pretrain", "--config_name_or_path", small, "--tokenizer_name",
            folder.resolve("model"), "--dataset_name", rows, "--output_dir", folder.resolve("out"), "--max_steps", 1));
        var read = Cli.run(pretrain.toArray());
        assertTrue(read.code() == 3 && read.err().contains(rows + ":1 has token id"), read.err());
        pretrain.addAll(List.of("--streaming", "--shuffle_buffer_size", 1));
        var streamed = Cli.run(pretrain.toArray());
        assertTrue(streamed.code() == 3 && streamed.err().contains(rows + ":1 has token id"), streamed.err());
    }

    @Test
    void anEmptyNameIsNotTheFolderThatOneIsIn() {
        refused(2, "--dataset_name has an empty name", "");
        refused(2, "--dataset_name has an empty name", rows + ",," + rows);
        refused(2, "--eval_dataset_name has an empty name", rows, "--eval_dataset_name", "");
    }
}
