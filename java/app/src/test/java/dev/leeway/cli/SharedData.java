package dev.leeway.cli;

import dev.leeway.io.JsonFile;
import dev.leeway.io.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import tools.jackson.databind.node.ObjectNode;

/** Rows of the shared data, and rows written of them. */
final class SharedData {

    /** The folder that {@code -Dleeway.shared} names. */
    static final Path ROOT = Path.of(System.getProperty("leeway.shared", "/leeway.shared-is-not-set"));

    private SharedData() {
    }

    /** Those of a {@code .jsonl} file. */
    static List<JsonObject> lines(Path file) throws IOException {
        return Files.readAllLines(file).stream().filter(line -> !line.isBlank()).map(line -> JsonFile.parse(file.toString(),
            line)).toList();
    }

    /** Those of a file that is one list. */
    static List<JsonObject> list(Path file) throws IOException {
        return JsonFile.parse(file.toString(), "{\"rows\": " + Files.readString(file) + "}").requireObjects("rows");
    }

    /** A question and its answer. */
    static ObjectNode chat(String user, String assistant) {
        var row = JsonFile.newObject();
        var messages = row.putArray("messages");
        messages.addObject().put("role", "user").put("content", user);
        messages.addObject().put("role", "assistant").put("content", assistant);
        return row;
    }

    /** Pairs of a demonstration set, with what was said before them as one prompt. */
    static Stream<ObjectNode> pairs() throws IOException {
        return list(ROOT.resolve("data/value-drifts/preferences/dpo_en_demo.json")).stream().map(row -> {
            var turns = row.requireObjects("conversations").stream().map(turn -> turn.requireString("value")).toList();
            return JsonFile.newObject().put("prompt", String.join("\n", turns)).put("chosen", row.requireObject("chosen")
                .requireString("value")).put("rejected", row.requireObject("rejected").requireString("value"));
        });
    }

    /** Writes rows, with the folders above them. */
    static void write(Path file, Stream<ObjectNode> rows) throws IOException {
        Files.createDirectories(file.getParent());
        Files.write(file, rows.map(ObjectNode::toString).toList());
    }

    /** Copies a folder's files. */
    static void copy(Path from, Path to) throws IOException {
        Files.createDirectories(to);
        try (var files = Files.list(from)) {
            for (var file : files.filter(Files::isRegularFile).toList()) {
                Files.copy(file, to.resolve(file.getFileName()));
            }
        }
    }

    /** A reward model that was trained for one step on real pairs. */
    static void rewardModel(Path base, Path target, int seed) throws IOException {
        var rows = target.resolveSibling(target.getFileName() + "-pairs.jsonl");
        write(rows, pairs().limit(24));
        Cli.succeed("reward", "--model_name_or_path", base, "--dataset_name", rows, "--max_steps", 1, "--per_device_train_batch_size", 2,
            "--max_length", 1024, "--seed", seed, "--output_dir", target, "--save_strategy", "no");
    }
}
