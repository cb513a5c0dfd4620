package dev.leeway.io;

import dev.leeway.LeewayException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.regex.Pattern;

/**
 * The checkpoints of a run, {@code checkpoint-N} in its output folder. At every instant, also after a power cut, each of them is there
 * as a whole or not at all, and the newest one stays until a newer one is on disk.
 * <p>
 * Writing: temporary folder beside the target → the files side by side, each forced to disk → the {@link Manifest} → the folder forced →
 * atomic rename → the parent forced → only then older ones are pruned. Pruning renames first and deletes then, so a half-deleted
 * checkpoint has no name. A store belongs to one thread at a time.
 */
public final class CheckpointStore {

    /** A run keeps at least this many: if the newest one turns out to be damaged, there is another. */
    public static final int FEWEST = 2;

    /** A file in each checkpoint that stays, so that a run which goes on knows them whatever it was told. */
    private static final String STAYS = "stays.txt";
    private static final Pattern OWN = Pattern.compile("checkpoint-\\d{1,10}");
    private static final Pattern LEFT_OVER = Pattern.compile("\\.(checkpoint-\\d{1,10})\\.[0-9a-f-]{36}\\.(new|replaced|pruned)");

    /**
     * A complete checkpoint: its manifest is sound and each file is as long as that says. Only {@link StoredCheckpoint#open} reads the
     * files.
     *
     * @param folder where it is
     * @param manifest what it holds
     */
    public record Found(Path folder, Manifest manifest) {
    }

    private final Path folder;
    private final int keep;
    private final Set<Integer> staying;
    private final Disk disk;

    /**
     * A store in a folder that is held, keeping the newest {@code save_total_limit} checkpoints. What a killed run left behind is
     * cleaned away.
     */
    public CheckpointStore(FolderLock lock, int saveTotalLimit, Disk disk) {
        this(lock, saveTotalLimit, Set.of(), disk);
    }

    /** The same with steps whose checkpoints stay beside the newest ones. */
    public CheckpointStore(FolderLock lock, int saveTotalLimit, Set<Integer> staying, Disk disk) {
        if (saveTotalLimit < FEWEST) {
            throw LeewayException.usage("save_total_limit must be at least %d, so that a damaged checkpoint is never the only one; "
                + "found %d", FEWEST, saveTotalLimit);
        }
        this.folder = lock.folder();
        this.keep = saveTotalLimit;
        this.staying = Set.copyOf(staying);
        this.disk = disk;
        recover();
    }

    /** The complete checkpoints in a folder, whatever they are called, by their steps. */
    public static List<Found> complete(Path folder) {
        var found = new ArrayList<Found>();
        for (var entry : visibleFolders(folder)) {
            if (Files.exists(entry.resolve(Manifest.NAME))) {
                complete(entry, found);
            }
        }
        found.sort(Comparator.comparingInt(one -> one.manifest().step()));
        return found;
    }

    private static void complete(Path entry, List<Found> found) {
        try {
            var manifest = Manifest.read(entry);
            for (var file : manifest.files()) {
                if (Files.size(entry.resolve(file.name())) != file.bytes()) {
                    return;
                }
            }
            found.add(new Found(entry, manifest));
        } catch (LeewayException | IOException incomplete) {
            // Not a checkpoint, then: opening it by name tells why.
        }
    }

    /** Those of them that stay, by their steps: not what a run kept because it was recent, which depends on when it was stopped. */
    public static List<Found> staying(Path folder) {
        return complete(folder).stream().filter(found -> found.manifest().find(STAYS).isPresent()).toList();
    }

    /** The complete checkpoint with the most steps. */
    public static Optional<Path> latest(Path folder) {
        return Optional.of(complete(folder)).filter(all -> !all.isEmpty()).map(all -> all.getLast().folder());
    }

    private static List<Path> visibleFolders(Path folder) {
        return list(folder).stream().filter(entry -> Files.isDirectory(entry) && !entry.getFileName().toString().startsWith(".")).toList();
    }

    private static List<Path> list(Path folder) {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (var entries = Files.list(folder)) {
            return entries.sorted().toList();
        } catch (IOException unreadable) {
            throw LeewayException.resources(unreadable, "%s can't be listed: %s", folder, unreadable.getMessage());
        }
    }

    /** A checkpoint that only had been moved aside gets its name back; what had not got a name, or lost it for good, goes. */
    private void recover() {
        try {
            disk.sync(folder.getParent());
            disk.sync(folder);
            for (var entry : list(folder)) {
                var name = LEFT_OVER.matcher(entry.getFileName().toString());
                if (name.matches()) {
                    recover(entry, folder.resolve(name.group(1)), name.group(2));
                }
            }
        } catch (IOException failure) {
            throw LeewayException.resources(failure, "%s: what a killed run left can't be cleaned away: %s; delete the hidden folders "
                + ".checkpoint-*", folder, failure.getMessage());
        }
    }

    private void recover(Path leftOver, Path target, String why) throws IOException {
        if (why.equals("replaced") && !Files.exists(target)) {
            disk.move(leftOver, target);
        } else {
            discard(leftOver);
        }
    }

    /** Where the checkpoints are. */
    public Path folder() {
        return folder;
    }

    /**
     * Writes the checkpoint of a step, in place of an earlier one of the same step. When it returns, the checkpoint survives a power
     * cut. A failure says how many bytes were needed and are free, and leaves all earlier checkpoints and no temporary folder.
     */
    public Path write(int step, List<CheckpointFile> content) {
        var files = new ArrayList<>(content);
        if (staying.contains(step)) {
            files.add(CheckpointFile.of(STAYS, "kept by save_at\n".getBytes(StandardCharsets.UTF_8)));
        }
        var target = folder.resolve("checkpoint-" + step);
        var temporary = aside(target, "new");
        var manifest = CheckpointFile.of(Manifest.NAME, new Manifest(step, files.stream().map(Manifest.Entry::of).toList()).text()
            .getBytes(StandardCharsets.UTF_8));
        long needed = files.stream().mapToLong(CheckpointFile::bytes).sum() + manifest.bytes();
        try {
            requireRoom(needed);
            fill(temporary, files, manifest);
            publish(temporary, target);
            return target;
        } catch (IOException failure) {
            discardAfter(failure, temporary);
            throw cannotWrite(failure, target, needed);
        } catch (Throwable failure) {
            discardAfter(failure, temporary);
            throw failure;
        }
    }

    private void requireRoom(long needed) throws IOException {
        if (disk.free(folder) < needed) {
            throw new IOException("the disk is too full");
        }
    }

    private void fill(Path temporary, List<CheckpointFile> files, CheckpointFile manifest) throws IOException {
        Files.createDirectory(temporary);
        Crash.at(Crash.Point.AFTER_FOLDER);
        SideBySide.run(files.stream().map(file -> writing(temporary, file)).toList()); // one is copied while another reaches the disk
        Crash.at(Crash.Point.BEFORE_MANIFEST);
        disk.write(temporary.resolve(manifest.name()), manifest.parts());
        Crash.at(Crash.Point.AFTER_MANIFEST);
        disk.sync(temporary);
        Crash.at(Crash.Point.AFTER_FOLDER_FSYNC);
    }

    private SideBySide.Task<Path> writing(Path temporary, CheckpointFile file) {
        return () -> {
            var path = temporary.resolve(file.name());
            disk.write(path, file.parts());
            return path;
        };
    }

    /** The only instant without the old name or the new is between two renames; {@link #recover} undoes the first one. */
    private void publish(Path temporary, Path target) throws IOException {
        var replaced = aside(target, "replaced");
        boolean replaces = Files.exists(target);
        if (replaces) {
            disk.move(target, replaced);
            Crash.at(Crash.Point.AFTER_MOVE_ASIDE);
        }
        try {
            disk.move(temporary, target);
        } catch (IOException failure) {
            if (replaces) {
                disk.move(replaced, target);
            }
            throw failure;
        }
        Crash.at(Crash.Point.AFTER_RENAME);
        disk.sync(folder);
        Crash.at(Crash.Point.AFTER_PARENT_FSYNC);
        if (replaces) {
            discard(replaced);
        }
    }

    private LeewayException cannotWrite(IOException failure, Path target, long needed) {
        var earlier = latest(folder).map(path -> "the newest complete checkpoint is " + path).orElse("there is no earlier checkpoint");
        return LeewayException.resources(failure, "%s needs %d bytes, %s are free there, and writing it failed: %s; nothing half-written "
            + "is left, %s; free some space", target, needed, free(), failure.getMessage(), earlier);
    }

    private String free() {
        try {
            return Long.toString(disk.free(folder));
        } catch (IOException unknown) {
            return "an unknown number of";
        }
    }

    /**
     * Removes the oldest complete checkpoints beyond {@code save_total_limit}, but never the one just written, which is not the newest
     * where a run went back, and none that stays; folders with names that this class doesn't give are left alone.
     *
     * @return a sentence for each one that could not be removed; they do no harm but take space
     */
    public List<String> prune(Path written) {
        var problems = new ArrayList<String>();
        var own = complete(folder).stream().filter(found -> found.manifest().find(STAYS).isEmpty()).map(Found::folder)
            .filter(path -> OWN.matcher(path.getFileName().toString()).matches()).toList();
        for (var path : own.subList(0, Math.max(0, own.size() - keep))) {
            if (!path.equals(written)) {
                remove(path, problems);
            }
        }
        Crash.at(Crash.Point.AFTER_PRUNE);
        return problems;
    }

    private void remove(Path path, List<String> problems) {
        try {
            var nameless = aside(path, "pruned");
            disk.move(path, nameless);
            Crash.at(Crash.Point.AFTER_PRUNE_RENAME);
            discard(nameless);
        } catch (IOException failure) {
            problems.add("%s is no longer needed and can't be removed: %s; delete it".formatted(path, failure.getMessage()));
        }
    }

    private static Path aside(Path target, String why) {
        return target.resolveSibling(".%s.%s.%s".formatted(target.getFileName(), UUID.randomUUID(), why));
    }

    private void discardAfter(Throwable failure, Path temporary) {
        try {
            if (Files.exists(temporary)) {
                discard(temporary);
            }
        } catch (IOException further) {
            failure.addSuppressed(further);
        }
    }

    private void discard(Path path) throws IOException {
        for (var file : list(path)) {
            if (Files.isDirectory(file, LinkOption.NOFOLLOW_LINKS)) {
                discard(file);
            } else {
                disk.delete(file);
                Crash.at(Crash.Point.INSIDE_PRUNE);
            }
        }
        disk.delete(path);
    }
}
