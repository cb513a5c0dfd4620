package dev.leeway.cli;

import dev.leeway.LeewayException;
import dev.leeway.io.JsonFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.node.ObjectNode;

/**
 * The folder that a training run writes. It is known by its {@code training_args.json}; a folder without one is not leeway's to write into.
 */
final class OutputFolder {

    static final String ARGUMENTS = "training_args.json";
    static final String METRICS = "metrics.jsonl";

    /** What a run of either kind, full or adapter, leaves; a result of the other kind beside the new one would be ambiguous. */
    private static final List<String> RESULTS = List.of("config.json", "model.safetensors.index.json", "model.safetensors",
        "adapter_config.json", "adapter_model.safetensors");

    private final Path path;

    private OutputFolder(Path path) {
        this.path = path;
    }

    /** Reports a folder that somebody else filled. */
    static void check(Path folder, boolean overwrite, Problems problems) {
        problems.require(!Files.exists(folder) || Files.isDirectory(folder), "--output_dir: %s is not a folder", folder);
        problems.require(overwrite || isFree(folder),
            "--output_dir: %s has files that leeway did not write (no %s); name another folder, or add "
            + "--overwrite_output_dir", folder, ARGUMENTS);
    }

    /** Reports a model that would be replaced by its own successor. */
    static void requireOther(Optional<Path> folder, Path model, Problems problems) {
        problems.require(folder.isEmpty() || !isSame(folder.get(), model), "--output_dir must not be the model directory itself: %s",
            model);
    }

    private static boolean isSame(Path one, Path other) {
        try {
            return Files.exists(one) && Files.exists(other) && Files.isSameFile(one, other);
        } catch (IOException unreadable) {
            return false;
        }
    }

    private static boolean isFree(Path folder) {
        if (!Files.isDirectory(folder) || Files.exists(folder.resolve(ARGUMENTS))) {
            return true;
        }
        try (var files = Files.list(folder)) {
            return files.findAny().isEmpty();
        } catch (IOException unreadable) {
            return false;
        }
    }

    /** Makes the folder and records the arguments of the run. */
    static OutputFolder claim(Path path, ObjectNode arguments) {
        JsonFile.write(path.resolve(ARGUMENTS), arguments);
        return new OutputFolder(path);
    }

    /** Takes away an earlier run's result, just before the new one is written. */
    void clearResult() {
        try (var files = Files.list(path)) {
            for (var file : files.filter(OutputFolder::isResult).toList()) {
                Files.delete(file);
            }
        } catch (IOException failure) {
            throw LeewayException.resources(failure, "cannot replace the earlier result in %s: %s", path, failure.getMessage());
        }
    }

    private static boolean isResult(Path file) {
        var name = file.getFileName().toString();
        return RESULTS.contains(name) || name.matches("model-\\d{5}-of-\\d{5}\\.safetensors");
    }

    Path path() {
        return path;
    }

    Path metrics() {
        return path.resolve(METRICS);
    }
}
