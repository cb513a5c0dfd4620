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
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Stream;
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
    /** What the model that a policy is compared with said of the rows. */
    static final String REFERENCE = "reference_log_probs.safetensors";
    /** What may be in a folder whose run did not begin. */
    private static final Set<String> BEFORE_THE_RUN = Set.of(FolderLock.NAME, REFERENCE);

    private final Path path;
    private final FolderLock lock;
    private final ObjectNode arguments;

    /** What a run leaves in its end; a result of the other kind beside it would be ambiguous. */
    enum Result {
        MODEL("config\\.json|model(-\\d{5}-of-\\d{5})?\\.safetensors|model\\.safetensors\\.index\\.json"),
        ADAPTER("adapter_config\\.json|adapter_model\\.safetensors");

        private final String files;

        Result(String files) {
            this.files = files;
        }

        private boolean has(String name) {
            return name.matches(files);
        }
    }

    private OutputFolder(Path path, FolderLock lock, ObjectNode arguments) {
        this.path = path;
        this.lock = lock;
        this.arguments = arguments;
    }

    /** Reports a folder that somebody else filled. */
    static void check(Path folder, boolean overwrite, Problems problems) {
        problems.require(!Files.exists(folder) || Files.isDirectory(folder), "--output_dir: %s is not a folder", folder);
        problems.require(overwrite || isFree(folder),
            "--output_dir: %s has files that leeway did not write (no %s); name another folder, or add "
            + "--overwrite_output_dir", folder, ARGUMENTS);
    }

    /** Reports a folder with checkpoints or the result of an earlier run, because a new run would replace them. */
    static void requireUnused(Path folder, Problems problems) {
        if (!Files.isDirectory(folder)) {
            return;
        }
        var checkpoint = CheckpointStore.latest(folder);
        if (checkpoint.isPresent() && !Files.exists(folder.resolve(RESULTS_FILE))) {
            problems.add("--output_dir: " + checkpoint.get() + " is of a run that is not finished; go on with --resume_from_checkpoint "
                + "latest, or add --overwrite_output_dir to begin anew");
        } else {
            checkpoint.or(() -> result(folder)).ifPresent(found -> problems.add("--output_dir: " + found + " is of an earlier run; name "
                + "another folder, or add --overwrite_output_dir to replace it"));
        }
    }

    private static Optional<Path> result(Path folder) {
        try (var files = Files.list(folder)) {
            return files.filter(file -> isResult(file.getFileName().toString())).sorted().findFirst();
        } catch (IOException unreadable) {
            throw LeewayException.resources(unreadable, "cannot read %s: %s", folder, unreadable.getMessage());
        }
    }

    private static boolean isResult(String name) {
        return name.equals(RESULTS_FILE) || Result.MODEL.has(name) || Result.ADAPTER.has(name);
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
            return files.allMatch(file -> BEFORE_THE_RUN.contains(file.getFileName().toString()));
        } catch (IOException unreadable) {
            return false;
        }
    }

    /** Makes the folder and locks it against other runs; what is in it stays as it is until the run begins. */
    static OutputFolder claim(Path path, ObjectNode arguments) {
        return new OutputFolder(path, FolderLock.acquire(path), arguments);
    }

    /** Begins a new run: records its arguments, and removes what is left of the one before, except for its result. */
    void begin() {
        clear(RESULTS_FILE::equals);
        JsonFile.write(path.resolve(ARGUMENTS), arguments);
        clear(name -> name.equals(PAGE) || name.equals(CompletionLog.NAME) || isCheckpoint(path.resolve(name)));
        clear(path.resolve(RUNS), name -> name.endsWith(TensorBoardEvents.SUFFIX));
    }

    /** Goes on with the run that is in it. */
    void goOn() {
        clear(RESULTS_FILE::equals);
    }

    /** Takes away an earlier run's result of the other kind, once the new one is written. */
    void keepOnly(Result result) {
        clear(name -> Stream.of(Result.values()).anyMatch(kind -> kind != result && kind.has(name)));
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
            for (var file : files.filter(file -> names.test(file.getFileName().toString())).sorted().toList()) {
                delete(file);
            }
        } catch (IOException failure) {
            throw LeewayException.resources(failure, "cannot replace the earlier result in %s: %s", path, failure.getMessage());
        }
    }

    /** Removes a folder of files. */
    static void remove(Path folder) {
        try {
            delete(folder);
        } catch (IOException failure) {
            throw LeewayException.resources(failure, "cannot remove %s: %s", folder, failure.getMessage());
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
