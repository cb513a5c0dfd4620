package dev.leeway.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.leeway.io.JsonFile;
import dev.leeway.io.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Runs of grpo, rloo and ppo that take a blink.
 *
 * @param folder has the model, the prompts, and what runs leave
 */
record TinyRollouts(Path folder) {

    /** Five prompts with an answer and one without. */
    Path prompts() throws IOException {
        var text = new StringBuilder();
        for (int i = 0; i < TinyModel.ROWS; i++) {
            text.append("{\"question\": \"number ").append(i).append(" is\"").append(i == 3 ? "" : ", \"answer\": \"#### " + (i + 1) + "\"")
                .append("}\n");
        }
        return Files.writeString(folder.resolve("prompts.jsonl"), text);
    }

    /** Three steps of two prompts; options given replace these. */
    Object[] command(String name, String output, Object... more) {
        var options = new LinkedHashMap<Object, Object>(Map.of("--model_name_or_path", folder.resolve("model"), "--dataset_name",
            folder.resolve("prompts.jsonl"), "--columns", "prompt=question", "--output_dir", folder.resolve(output),
            "--per_device_train_batch_size", 4, "--max_steps", 3, "--learning_rate", "1e-3", "--max_completion_length", 8));
        options.put("--reward_funcs", "gsm8k,length:4,capitals");
        options.put("--reward_weights", "1,0.5,2");
        options.put("--warmup_ratio", 0);
        if (!name.equals("ppo")) {
            options.put("--num_generations", 2);
        }
        for (int i = 0; i < more.length; i += 2) {
            options.put(more[i], more[i + 1]);
        }
        return Stream.concat(Stream.of(name), options.entrySet().stream().flatMap(one -> Stream.of(one.getKey(), one.getValue())))
            .toArray();
    }

    /** The same, going on behind the last checkpoint. */
    Object[] resumed(String name, String output, Object... more) {
        return Stream.concat(Stream.of(command(name, output, more)), Stream.of("--resume_from_checkpoint")).toArray();
    }

    List<JsonObject> completions(String output) throws IOException {
        return Files.readAllLines(folder.resolve(output).resolve("completions.jsonl")).stream()
            .map(line -> JsonFile.parse("completions.jsonl", line)).toList();
    }

    void requireSame(String file, String one, String other) throws IOException {
        assertEquals(-1, Files.mismatch(folder.resolve(one).resolve(file), folder.resolve(other).resolve(file)), file);
    }
}
