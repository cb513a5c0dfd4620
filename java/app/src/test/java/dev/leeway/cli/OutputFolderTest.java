package dev.leeway.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class OutputFolderTest {

    @TempDir
    private Path folder;

    private Object[] sft(Path model, Object... more) {
        var arguments = new ArrayList<Object>(List.of("sft", "--model_name_or_path", model, "--dataset_name", folder.resolve("rows.jsonl"),
            "--output_dir", folder.resolve("out"), "--max_steps", 2, "--save_steps", 1));
        arguments.addAll(List.of(more));
        return arguments.toArray();
    }

    /** The content of every file, except of the lock that each run takes. */
    private Map<String, ByteBuffer> content(Path of) throws IOException {
        var content = new TreeMap<String, ByteBuffer>();
        try (var files = Files.walk(of)) {
            for (var file : files.filter(Files::isRegularFile).filter(file -> !file.endsWith(".leeway.lock")).toList()) {
                content.put(of.relativize(file).toString(), ByteBuffer.wrap(Files.readAllBytes(file)));
            }
        }
        return content;
    }

    @Test
    void aRunThatCannotBeginLeavesAnEarlierOneAsItWas() throws IOException {
        var model = TinyModel.model(folder);
        Cli.succeed(sft(model));
        var before = content(folder.resolve("out"));
        assertTrue(before.containsKey("checkpoint-2/model.safetensors") && before.containsKey("train_results.json"),
            before.keySet()::toString);
        var broken = Files.writeString(folder.resolve("broken.jsonl"), "{");
        var rows = folder.resolve("rows.jsonl");
        var headless = Files.createDirectory(folder.resolve("headless"));
        Files.writeString(headless.resolve("config.json"), Files.readString(model.resolve("config.json")));
        Files.copy(model.resolve("tokenizer.json"), headless.resolve("tokenizer.json"));
        var out = new Object[] {"--overwrite_output_dir", "--output_dir", folder.resolve("out"), "--save_strategy", "no"};
        for (var arguments : List.of(List.of("sft", "--model_name_or_path", model, "--dataset_name", broken),
            List.of("sft", "--model_name_or_path", headless, "--dataset_name", rows),
            List.of("sft", "--model_name_or_path", model, "--dataset_name", rows, "--use_peft", "--lora_r", 1024),
            List.of("sft", "--model_name_or_path", model, "--dataset_name", rows, "--max_length", 1000),
            List.of("pretrain", "--dataset_name", rows, "--vocab_size", 300, "--hidden_size", 1 << 20),
            List.of("pretrain", "--dataset_name", broken, "--vocab_size", 300))) {
            var all = new ArrayList<Object>(arguments);
            all.addAll(List.of(out));
            var result = Cli.run(all.toArray());
            assertTrue(List.of(2, 3, 5).contains(result.code()), arguments + " " + result);
            assertEquals(before, content(folder.resolve("out")), arguments.toString());
        }
    }

    @Test
    void anEarlierTokenizerStaysBesideItsModelUntilTheNewModelIsThere() throws IOException {
        var model = TinyModel.model(folder);
        var before = content(model);
        var result = Cli.run("pretrain", "--dataset_name", folder.resolve("rows.jsonl"), "--vocab_size", 290, "--hidden_size", 64,
            "--max_length", 64, "--output_dir", model, "--overwrite_output_dir", "--max_steps", 6, "--learning_rate", "1e30",
            "--lr_scheduler_type", "constant");
        assertEquals(4, result.code(), result.err());
        for (var file : List.of("tokenizer.json", "config.json", "model.safetensors")) {
            assertEquals(before.get(file), content(model).get(file), file);
        }
    }

    @Test
    void completionsOfAnEarlierRunGoWithIt() throws IOException {
        var model = TinyModel.model(folder);
        Cli.succeed(sft(model));
        Files.writeString(folder.resolve("out/completions.jsonl"), "{}\n");
        Cli.succeed(sft(model, "--overwrite_output_dir"));
        assertFalse(content(folder.resolve("out")).containsKey("completions.jsonl"), "sft draws none");
    }

    @Test
    void anEarlierResultStaysUntilTheNewOneIsWritten() throws IOException {
        var model = TinyModel.model(folder);
        Cli.succeed(sft(model));
        // No file can take the place of this folder: the new result can't be written.
        Files.createDirectories(folder.resolve("out").resolve("adapter_model.safetensors").resolve("full"));
        var failed = Cli.run(sft(model, "--use_peft", "--overwrite_output_dir"));
        assertEquals(5, failed.code(), failed.err());
        var left = content(folder.resolve("out"));
        assertTrue(left.containsKey("config.json") && left.containsKey("model.safetensors"), left.keySet()::toString);
        assertFalse(left.containsKey("train_results.json"), "the run did not come to its end");
    }
}
