package dev.leeway.cli;

import dev.leeway.LeewayException;
import dev.leeway.io.CheckpointStore;
import dev.leeway.io.FolderLock;
import dev.leeway.io.JsonFile;
import dev.leeway.io.Manifest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import tools.jackson.databind.node.ObjectNode;

/**
 * The folder that a training run writes, locked while it is open. It is known by its {@code training_args.json}; a folder without one is
 * not leeway's to write into. {@code train_results.json} is in it when, and only when, the run came to its end.
 */
final class OutputFolder implements AutoCloseable {

    static final String ARGUMENTS = "training_args.json";
    /** Where TensorBoard's event files are. */
    static final String RUNS = "runs";
    /** The curve of the loss. */
    static final String PAGE = "loss.html";
    static final String RESULTS_FILE = "train_results.json";

    /** What a run of either kind, full or adapter, leaves; a result of the other kind beside the new one would be ambiguous. */
    private static final List<String> RESULTS = List.of("config.json", "model.safetensors.index.json", "model.safetensors",
        "adapter_config.json", "adapter_model.safetensors");

    private final Path path;
    private final FolderLock lock;

    private OutputFolder(Path path, FolderLock lock) {
        this.path = path;
        this.lock = lock;
    }

    /** Reports a folder that somebody else filled. */
    static void check(Path folder, boolean overwrite, Problems problems) {
        problems.require(!Files.exists(folder) || Files.isDirectory(folder), "--output_dir: %s is not a folder", folder);
        problems.require(overwrite || isFree(folder),
            "--output_dir: %s has files that leeway did not write (no %s); name another folder, or add "
            + "--overwrite_output_dir", folder, ARGUMENTS);
    }

    /** Reports a folder with checkpoints of a run that did not come to its end, because a new run would throw them away. */
    static void requireFinished(Path folder, Problems problems) {
        if (Files.isDirectory(folder) && !Files.exists(folder.resolve(RESULTS_FILE))) {
            CheckpointStore.latest(folder).ifPresent(newest -> problems.add("--output_dir: " + newest
                + " is of a run that is not finished; go on with --resume_from_checkpoint latest, or add --overwrite_output_dir to begin "
                + "anew"));
        }
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
            return files.allMatch(file -> file.getFileName().toString().equals(FolderLock.NAME));
        } catch (IOException unreadable) {
            return false;
        }
    }

    /** Makes the folder and locks it against other runs. */
    static OutputFolder claim(Path path) {
        return new OutputFolder(path, FolderLock.acquire(path));
    }

    /** The same, for a new run: records its arguments, and removes what is left of the one before, up to its result. */
    static OutputFolder claim(Path path, ObjectNode arguments) {
        var folder = claim(path);
        folder.begin(arguments);
        return folder;
    }

    /** Begins a new run. */
    void begin(ObjectNode arguments) {
        clear(RESULTS_FILE::equals);
        JsonFile.write(path.resolve(ARGUMENTS), arguments);
        clear(name -> name.equals(PAGE) || isCheckpoint(path.resolve(name)));
        clear(path.resolve(RUNS), name -> name.endsWith(TensorBoardEvents.SUFFIX));
    }

    /** Goes on with the run that is in it. */
    void goOn() {
        clear(RESULTS_FILE::equals);
    }

    /** Takes away an earlier run's result, just before the new one is written. */
    void clearResult() {
        clear(name -> RESULTS.contains(name) || name.matches("model-\\d{5}-of-\\d{5}\\.safetensors"));
    }

    /** Says that the run came to its end, and what to. */
    void finish(ObjectNode results) {
        JsonFile.write(path.resolve(RESULTS_FILE), results);
    }

    private static boolean isCheckpoint(Path folder) {
        return folder.getFileName().toString().matches("checkpoint-\\d+") && Files.exists(folder.resolve(Manifest.NAME));
    }

    private void clear(Predicate<String> names) {
        clear(path, names);
    }

    private static void clear(Path path, Predicate<String> names) {
        if (!Files.isDirectory(path)) {
            return;
        }
        try (var files = Files.list(path)) {
            for (var file : files.filter(file -> names.test(file.getFileName().toString())).toList()) {
                delete(file);
            }
        } catch (IOException failure) {
            throw LeewayException.resources(failure, "cannot replace the earlier result in %s: %s", path, failure.getMessage());
        }
    }

    /** A file, or a checkpoint, beginning with the manifest that makes it one. */
    private static void delete(Path file) throws IOException {
        if (Files.isDirectory(file, LinkOption.NOFOLLOW_LINKS)) {
            Files.deleteIfExists(file.resolve(Manifest.NAME));
            try (var files = Files.list(file)) {
                for (var inside : files.toList()) {
                    Files.delete(inside);
                }
            }
        }
        Files.delete(file);
    }

    Path path() {
        return path;
    }

    FolderLock lock() {
        return lock;
    }

    @Override
    public void close() {
        lock.close();
    }
}
