package dev.leeway.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.io.SafetensorsWriter;
import dev.leeway.io.StoredTensor;
import dev.leeway.io.TensorFiles;
import dev.leeway.text.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A run whose numbers are none any more ends with the place of the row that shows it. */
final class GuardedRunTest {

    private static final String EMBEDDING = "model.embed_tokens.weight";
    private static final String FIRST_NORM = "model.layers.0.input_layernorm.weight";
    private static final int LINE = 3;

    @TempDir
    private Path folder;
    private Path rows;

    /**
     * A model in which one token alone has something in the first of the hidden values, which the first norm multiplies beyond what a float
     * holds, and rows of which one has that token. All weights are finite. The head has weights of its own, or it would see the token in
     * every row.
     */
    @BeforeEach
    void makeModelWithOneSpoiledToken() throws IOException {
        var model = folder.resolve("model");
        rows = TinyModel.rows(folder);
        Cli.succeed("pretrain", "--dataset_name", rows, "--vocab_size", 300, "--hidden_size", 64, "--num_hidden_layers", 2,
            "--max_length", 64, "--output_dir", model, "--max_steps", 2, "--tie_word_embeddings", false);
        var lines = new ArrayList<>(Files.readAllLines(rows));
        lines.set(LINE - 1, lines.get(LINE - 1).replace("followed", "#"));
        Files.write(rows, lines);
        int token;
        try (var tokenizer = Tokenizer.load(model)) {
            token = tokenizer.encode("#", false)[0];
        }
        spoil(model, token);
    }

    private static void spoil(Path model, int token) {
        var tensors = new ArrayList<StoredTensor>();
        try (var files = TensorFiles.open(model)) {
            for (var tensor : files.tensors()) {
                var values = tensor.toFloats();
                int width = tensor.shape().getLast().intValue();
                if (tensor.name().equals(EMBEDDING)) {
                    IntStream.range(0, values.length / width).forEach(row -> values[row * width] = row == token ? 1 : 0);
                } else if (tensor.name().equals(FIRST_NORM)) {
                    values[0] = Float.MAX_VALUE;
                }
                tensors.add(StoredTensor.ofFloats(tensor.name(), tensor.shape(), values));
            }
        }
        SafetensorsWriter.write(model.resolve(TensorFiles.SINGLE), tensors, Map.of("format", "pt"));
    }

    private Cli sft(Object... more) {
        var arguments = new ArrayList<Object>(List.of("sft", "--model_name_or_path", folder.resolve("model"), "--dataset_name", rows,
            "--output_dir", folder.resolve("out"), "--per_device_train_batch_size", 2, "--use_peft"));
        arguments.addAll(List.of(more));
        return Cli.run(arguments.toArray());
    }

    private void requireNamed(String place, Cli run) {
        assertEquals(4, run.code(), run.err());
        var sentence = run.err().lines().filter(line -> line.startsWith("leeway sft: ")).findFirst().orElseThrow();
        assertTrue(sentence.contains(place), sentence);
        for (int line = 1; line <= TinyModel.ROWS; line++) {
            assertTrue(line == LINE || !sentence.contains(rows + ":" + line + " "), "only the row that shows it: " + sentence);
        }
        assertFalse(Files.exists(folder.resolve("out/adapter_model.safetensors")));
    }

    @Test
    void theRowIsNamedByFileAndLine() {
        requireNamed(rows + ":" + LINE, sft("--num_train_epochs", 1));
    }

    @Test
    void soItIsWhereRowsArePacked() {
        requireNamed(rows + ":" + LINE, sft("--num_train_epochs", 1, "--packing", "--max_length", 60));
    }

    @Test
    void soItIsWhereRowsAreStreamedAndShuffled() {
        requireNamed(rows + ":" + LINE, sft("--max_steps", 3, "--streaming", "--shuffle_buffer_size", 4));
    }

    @Test
    void anEvaluationNamesTheRowThatItsBatchBeginsWith() throws IOException {
        var held = Files.writeString(folder.resolve("held.jsonl"), Files.readAllLines(rows).get(LINE - 1) + "\n");
        requireNamed(held + ":1", sft("--max_steps", 1, "--eval_dataset_name", held));
    }
}
