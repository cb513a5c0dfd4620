package dev.leeway.cli;

import dev.leeway.LeewayException;
import dev.leeway.io.AppendLog;
import dev.leeway.io.FolderLock;
import dev.leeway.io.JsonFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import tools.jackson.databind.node.ObjectNode;

/** The folder of an evaluation, locked while it is open. It is known by its {@code eval_args.json}, which holds the command line. */
final class EvalFolder implements AutoCloseable {

    static final String ARGUMENTS = "eval_args.json";
    static final String RECORDS = "records.jsonl";
    static final String PAGE = "report.html";
    static final String TIMINGS = "timings.jsonl";

    private final Path path;
    private final FolderLock lock;

    private EvalFolder(Path path, FolderLock lock) {
        this.path = path;
        this.lock = lock;
    }

    /** Reports a folder that a new evaluation may not be written to. */
    static void requireFree(Path folder, Problems problems) {
        if (Files.exists(folder.resolve(ARGUMENTS))) {
            problems.add("--output_dir: %s is of another evaluation; go on with leeway eval resume %s, or name another folder"
                .formatted(folder, folder));
        } else if (Files.exists(folder) && !isEmpty(folder)) {
            problems.add("--output_dir: " + folder + " has files that leeway eval did not write; name another folder");
        }
    }

    private static boolean isEmpty(Path folder) {
        try (var files = Files.list(folder)) {
            return files.allMatch(file -> file.getFileName().toString().equals(FolderLock.NAME));
        } catch (IOException unreadable) {
            return false;
        }
    }

    /** Begins an evaluation in a folder that is free, still or again: another run may have had it since it was looked at. */
    static EvalFolder begin(Path path, List<String> arguments) {
        var folder = new EvalFolder(path, FolderLock.acquire(path));
        try {
            Problems.requireNone(problems -> requireFree(path, problems));
            folder.write(arguments);
            return folder;
        } catch (Throwable failure) {
            folder.close();
            throw failure;
        }
    }

    private void write(List<String> arguments) {
        var json = JsonFile.newObject().put("leeway_version", new Main.Version().getVersion()[0])
            .put("working_directory", Path.of("").toAbsolutePath().toString());
        arguments.forEach(json.putArray("arguments")::add);
        JsonFile.write(path.resolve(ARGUMENTS), json);
    }

    /** Goes on with the evaluation that is in a folder. */
    static EvalFolder goOn(Path path) {
        return new EvalFolder(path, FolderLock.acquire(path));
    }

    /** The command line that a folder's evaluation was begun with. */
    static List<String> arguments(Path path) {
        if (!Files.exists(path.resolve(ARGUMENTS))) {
            throw LeewayException.usage("%s has no %s, so no evaluation was begun in it; name a folder that leeway eval wrote", path,
                ARGUMENTS);
        }
        return JsonFile.read(path.resolve(ARGUMENTS)).requireStrings("arguments");
    }

    /** Whether names of files are seen from another folder than when the evaluation was begun. */
    static boolean isElsewhere(Path path) {
        return !JsonFile.read(path.resolve(ARGUMENTS)).requireString("working_directory").equals(Path.of("").toAbsolutePath().toString());
    }

    Path path() {
        return path;
    }

    /** Adds a line about this process's part of the work. */
    void timed(ObjectNode line) throws IOException {
        var file = path.resolve(TIMINGS);
        try (var log = AppendLog.open(file, Files.exists(file) ? Files.size(file) : 0)) {
            log.append(line);
        }
    }

    @Override
    public void close() {
        lock.close();
    }
}
