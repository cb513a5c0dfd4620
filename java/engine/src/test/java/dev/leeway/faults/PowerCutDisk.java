package dev.leeway.faults;

import dev.leeway.io.Disk;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * A disk that also keeps in memory what would be left of it after a power cut: of every folder what it held when it was forced last, and of
 * what was created, renamed and deleted in it since then any part, as chance has it, except that an operation on a name is lost if an
 * earlier one on this name is. A rename happens as a whole or not at all. A file's content is on the disk once {@link #write} returns.
 */
final class PowerCutDisk implements Disk {

    /** Called behind every operation that a power cut may follow. */
    interface Moment {
        void passed(String operation) throws IOException;
    }

    /** A change of a folder: the names it touches, and what it does to the entries. */
    private record Change(Set<String> names, Consumer<Map<String, Object>> effect) {
    }

    /** A folder: its entries now, when it was forced last, and the changes since then. Entries are files' contents or folders. */
    private static final class Folder {
        final Map<String, Object> now = new TreeMap<>();
        final Map<String, Object> forced = new TreeMap<>();
        final List<Change> changes = new ArrayList<>();

        void change(Set<String> names, Consumer<Map<String, Object>> effect) {
            effect.accept(now);
            changes.add(new Change(names, effect));
        }

        void force() {
            forced.clear();
            forced.putAll(now);
            changes.clear();
        }

        Map<String, Object> afterPowerCut(Random chance) {
            var entries = new TreeMap<>(forced);
            var lost = new HashSet<String>();
            for (var change : changes) {
                if (chance.nextBoolean() && Collections.disjoint(change.names(), lost)) {
                    change.effect().accept(entries);
                } else {
                    lost.addAll(change.names());
                }
            }
            return entries;
        }
    }

    private final Disk real = Disk.local();
    private final Path root;
    private final Folder top = new Folder();
    private Moment moment = operation -> { };

    PowerCutDisk(Path root) {
        this.root = root;
    }

    void onMoment(Moment watcher) {
        moment = watcher;
    }

    /** Writes what a power cut now would leave into {@code target}. */
    void restoreInto(Path target, Random chance) throws IOException {
        restore(top, target, chance);
    }

    private static void restore(Folder folder, Path target, Random chance) throws IOException {
        Files.createDirectories(target);
        for (var entry : folder.afterPowerCut(chance).entrySet()) {
            if (entry.getValue() instanceof Folder inner) {
                restore(inner, target.resolve(entry.getKey()), chance);
            } else {
                Files.write(target.resolve(entry.getKey()), (byte[]) entry.getValue());
            }
        }
    }

    private Folder folder(Path path) {
        var folder = top;
        for (var part : root.relativize(path)) {
            var name = part.toString();
            if (!name.isEmpty() && !folder.now.containsKey(name)) {
                var made = new Folder();
                folder.change(Set.of(name), entries -> entries.put(name, made));
            }
            folder = name.isEmpty() ? folder : (Folder) folder.now.get(name);
        }
        return folder;
    }

    @Override
    public synchronized void write(Path file, List<MemorySegment> parts) throws IOException {
        real.write(file, parts);
        var name = file.getFileName().toString();
        var content = Files.readAllBytes(file);
        folder(file.getParent()).change(Set.of(name), entries -> entries.put(name, content));
        moment.passed("write " + file.getFileName());
    }

    @Override
    public void sync(Path folder) throws IOException {
        real.sync(folder);
        if (folder.startsWith(root)) {
            folder(folder).force();
        }
        moment.passed("fsync " + folder.getFileName());
    }

    @Override
    public void move(Path from, Path to) throws IOException {
        real.move(from, to);
        var old = from.getFileName().toString();
        var name = to.getFileName().toString();
        folder(from.getParent()).change(Set.of(old, name), entries -> entries.put(name, entries.remove(old)));
        moment.passed("rename to " + to.getFileName());
    }

    @Override
    public void delete(Path path) throws IOException {
        real.delete(path);
        var name = path.getFileName().toString();
        folder(path.getParent()).change(Set.of(name), entries -> entries.remove(name));
        moment.passed("delete " + path.getFileName());
    }

    @Override
    public long free(Path folder) throws IOException {
        return real.free(folder);
    }
}
