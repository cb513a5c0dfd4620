package dev.leeway.study;

import dev.leeway.LeewayException;
import dev.leeway.data.JsonRows;
import dev.leeway.io.AtomicFile;
import dev.leeway.io.JsonFile;
import dev.leeway.io.Sha256;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import tools.jackson.databind.node.ObjectNode;

/**
 * Where a study keeps what it makes: {@code seal.json} and {@code results.json} in its own folder; in its store, which other studies may
 * share, {@code rows/}, {@code items/}, {@code stages/}, {@code exams/}, each under the hash of all that determines it.
 */
public final class StudyFolder {

    private static final String DONE = "study_stage.json";
    private static final String EXAMINED = "examined.txt";
    private static final String COMPLETE = ".complete";
    private static final int SHORT = 16;

    private final Path path;
    private final Path store;
    private final Map<String, Path> items = new HashMap<>();

    /** A folder that is its own store; it need not exist. */
    public StudyFolder(Path path) {
        this(path, path);
    }

    /** A folder with a store; neither needs to exist. Whoever writes has both to itself. */
    public StudyFolder(Path path, Path store) {
        this.path = path;
        this.store = store;
    }

    /** The folder. */
    public Path path() {
        return path;
    }

    /** Where it stores what other studies may need too. */
    public Path store() {
        return store;
    }

    /** Makes it, if it isn't there. */
    public void create() {
        create(path);
    }

    private static void create(Path folder) {
        try {
            Files.createDirectories(folder);
        } catch (IOException failure) {
            throw LeewayException.resources(failure, "%s can't be made: %s", folder, failure.getMessage());
        }
    }

    /** The sealed analysis. */
    public Path seal() {
        return path.resolve("seal.json");
    }

    /** The results. */
    public Path results() {
        return path.resolve("results.json");
    }

    /** What a training writes. */
    public Path stage(Plan.Node node) {
        return store.resolve("stages").resolve(node.key());
    }

    /** Whether a training came to its end. */
    public boolean isDone(Plan.Node node) {
        var file = stage(node).resolve(DONE);
        return Files.exists(file) && JsonFile.read(file).requireString("hash").equals(node.hash());
    }

    /** Says that a training came to its end. */
    void done(Plan.Node node) {
        JsonFile.write(stage(node).resolve(DONE), JsonFile.newObject().put("hash", node.hash()).put("stage", node.stage().name())
            .put("command", node.stage().command()).put("seed", node.seed()));
    }

    /** The file of rows, made if it isn't there; files that were given may not be there. */
    public Path rows(String hash, Plan.RowsOf of, Materials materials) {
        if (of.rows() instanceof Rows.Given given) {
            return given.file();
        }
        var file = store.resolve("rows").resolve(hash.substring(0, SHORT) + ".jsonl");
        if (!Files.exists(file)) {
            try (var rows = rows(of.rows(), of.seed(), materials)) {
                write(file, rows.map(row -> row + "\n").collect(Collectors.joining()));
            }
        }
        return file;
    }

    private static Stream<String> rows(Rows rows, long seed, Materials materials) {
        return switch (rows) {
            case Rows.Given given -> JsonRows.open(given.file()).map(row -> row.fields().toString());
            case Rows.Made made -> materials.rows(made.generator(), seed, made.count(), made.settings()).map(ObjectNode::toString);
            case Rows.Thinned thinned -> {
                var all = rows(thinned.of(), seed, materials);
                var counter = new AtomicLong();
                yield (thinned.deduplicate() ? all.distinct() : all).filter(_ -> counter.getAndIncrement() % thinned.stride() == 0);
            }
        };
    }

    /** The folder of what a generator makes, made if it isn't there; it is known by what is in it. */
    public Path items(String generator, Map<String, String> settings, Materials materials) {
        return items.computeIfAbsent(generator + " " + new TreeMap<>(settings), _ -> {
            var files = materials.items(generator, settings);
            var made = store.resolve("items").resolve(Materials.sum(files).substring(0, SHORT));
            if (!Files.exists(made.resolve(COMPLETE))) {
                files.forEach((name, text) -> write(made.resolve(name), text));
                write(made.resolve(COMPLETE), generator + "\n");
            }
            return made;
        });
    }

    /** The folder or file that an option's value names, made if it isn't there; {@code name} is what stands behind {@link Stage#MADE}. */
    public Path made(String name, Materials materials) {
        int file = name.indexOf('#');
        var items = items(file < 0 ? name : name.substring(0, file), Map.of(), materials);
        if (file >= 0 && !Files.exists(items.resolve(name.substring(file + 1)))) {
            throw LeewayException.usage("a stage names the file %s, which %s does not make", name.substring(file + 1),
                name.substring(0, file));
        }
        return file < 0 ? items : items.resolve(name.substring(file + 1));
    }

    /** What an examination writes. */
    Path exam(String hash) {
        return store.resolve("exams").resolve(hash.substring(0, SHORT));
    }

    /** Notes in the folder of an examination what it is, before it begins. */
    void noteExamined(Path examination, String what) {
        write(examination.resolve(EXAMINED), what + "\n");
    }

    /** What was examined, or begun to be, by whichever study. */
    Set<String> examined() {
        var exams = store.resolve("exams");
        if (!Files.isDirectory(exams)) {
            return Set.of();
        }
        try (var folders = Files.list(exams)) {
            return folders.map(folder -> folder.resolve(EXAMINED)).filter(Files::exists).map(StudyFolder::line).collect(Collectors.toSet());
        } catch (IOException unreadable) {
            throw LeewayException.data(unreadable, "%s can't be read: %s", exams, unreadable.getMessage());
        }
    }

    private static String line(Path file) {
        try {
            return Files.readString(file).strip();
        } catch (IOException unreadable) {
            throw LeewayException.data(unreadable, "%s can't be read: %s", file, unreadable.getMessage());
        }
    }

    /** Writes a file as a whole, with the folders above it. */
    public static void write(Path file, String text) {
        create(file.getParent());
        AtomicFile.write(file, text.getBytes(StandardCharsets.UTF_8));
    }

    /** Writes an object. */
    public static void write(Path file, ObjectNode json) {
        write(file, JsonFile.pretty(json));
    }
}
