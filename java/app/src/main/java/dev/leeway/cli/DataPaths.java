package dev.leeway.cli;

import dev.leeway.LeewayException;
import dev.leeway.io.Sha256;
import dev.leeway.study.Arm;
import dev.leeway.study.Stage;
import dev.leeway.study.Study;
import dev.leeway.study.Workshop;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Files and folders below {@code --data} that options of stages name: in a study's plan and seal {@code data:NAME#HASH}, which is the same
 * on every machine and another one where the content is another; for a command the path.
 */
final class DataPaths {

    private static final Pattern NAMED = Pattern.compile("data:([^#,]+)#[0-9a-f]{16}|data:([^#,]+)#absent");

    private final Path root;
    private final Map<Path, String> hashes = new HashMap<>();

    /** Below a folder. */
    DataPaths(Path root) {
        this.root = root;
    }

    /** The study with names in the place of paths. */
    Study named(Study study) {
        var arms = study.arms().stream().map(arm -> new Arm(arm.name(), arm.meaning(), arm.stages().stream().map(this::named).toList(),
            arm.shared())).toList();
        return new Study(study.title(), study.rows(), arms, study.exams(), study.contrasts(), study.terms());
    }

    private Stage named(Stage stage) {
        var options = new LinkedHashMap<String, String>();
        stage.options().forEach((name, value) -> options.put(name, Stream.of(value.split(",", -1)).map(this::named)
            .collect(Collectors.joining(","))));
        return new Stage(stage.name(), stage.command(), stage.rows(), options, stage.grid());
    }

    /** A path may stand behind a word and a colon, such as {@code model:}. */
    private String named(String value) {
        var before = root + root.getFileSystem().getSeparator();
        int at = value.startsWith(before) ? 0 : value.indexOf(":" + before) + 1;
        if (root.toString().isEmpty() || at == 0 && !value.startsWith(before)) {
            return value;
        }
        var name = value.substring(at + before.length());
        return value.substring(0, at) + "data:" + name + "#" + hashes.computeIfAbsent(root.resolve(name), DataPaths::hash);
    }

    private static String hash(Path path) {
        return !Files.exists(path) ? "absent" : (Files.isDirectory(path) ? ofFolder(path) : Sha256.ofFile(path)).substring(0, 16);
    }

    /** Of names and contents; of weights, which may be many, as {@link Fingerprint#ofFiles} has it. */
    private static String ofFolder(Path folder) {
        try (var files = Files.walk(folder)) {
            return Sha256.of(files.filter(Files::isRegularFile).sorted().map(file -> folder.relativize(file) + " "
                + (file.toString().endsWith(".safetensors") ? Fingerprint.ofFiles(List.of(file)) : Sha256.ofFile(file)))
                .collect(Collectors.joining("\n")));
        } catch (IOException unreadable) {
            throw LeewayException.data(unreadable, "%s cannot be read: %s", folder, unreadable.getMessage());
        }
    }

    /** A value with paths in the place of names. */
    String path(String value) {
        return NAMED.matcher(value).replaceAll(found -> Matcher.quoteReplacement(root.resolve(found.group(1) != null ? found.group(1)
            : found.group(2)).toString()));
    }

    /** A workshop that is given paths. */
    Workshop workshop(Workshop workshop) {
        return new Workshop() {
            @Override
            public boolean train(Training training) {
                var options = new LinkedHashMap<String, String>();
                training.options().forEach((name, value) -> options.put(name, path(value)));
                return workshop.train(new Training(training.command(), options, training.grid(), training.model(), training.rows(),
                    training.seed(), training.output()));
            }

            @Override
            public List<Kept> kept(Path output) {
                return workshop.kept(output);
            }
        };
    }
}
