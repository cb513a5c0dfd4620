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
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Files and folders that options of stages name: in a study's plan and seal {@code data:NAME#HASH} below {@code --data} and
 * {@code file:NAME#HASH} elsewhere, which is the same on every machine and another one where the content is another; for a command the
 * path. What a command writes has its path in all three.
 */
final class DataPaths {

    private static final Pattern NAMED = Pattern.compile("data:([^#]+)#(?:[0-9a-f]{16}|absent)");
    private static final Pattern ELSEWHERE = Pattern.compile("file:[^#]+#[0-9a-f]{16}");
    /** Stands before the folder of a model among other words, as in {@code reward_funcs}. */
    private static final String OF_MODEL = "model:";

    private final Path root;
    private final Map<Path, String> hashes = new HashMap<>();
    private final Map<String, Path> elsewhere = new HashMap<>();

    /** Below a folder. */
    DataPaths(Path root) {
        this.root = root;
    }

    /** The study with names in the place of paths. */
    Study named(Study study) {
        var ofPaths = StageOptions.ofPaths();
        var arms = study.arms().stream().map(arm -> new Arm(arm.name(), arm.meaning(), arm.stages().stream().map(stage ->
            named(stage, ofPaths)).toList(), arm.shared())).toList();
        return new Study(study.title(), study.rows(), arms, study.exams(), study.contrasts(), study.terms());
    }

    private Stage named(Stage stage, Map<String, StageOptions.Kind> ofPaths) {
        var options = new LinkedHashMap<String, String>();
        stage.options().forEach((name, value) -> {
            var kind = ofPaths.getOrDefault(name, StageOptions.Kind.WORDS);
            options.put(name, kind == StageOptions.Kind.WRITTEN ? pathOf(value, true).map(Path::toString).orElse(value)
                : kind.parts(value).stream().map(one -> named(one, kind.isPath())).collect(Collectors.joining(",")));
        });
        return new Stage(stage.name(), stage.command(), stage.rows(), options, stage.grid());
    }

    /** A path may stand behind a word and a colon, such as {@code model:}. */
    private String named(String value, boolean isPath) {
        var before = root + root.getFileSystem().getSeparator();
        int at = value.startsWith(before) ? 0 : value.indexOf(":" + before) + 1;
        if (!root.toString().isEmpty() && (at > 0 || value.startsWith(before))) {
            return value.substring(0, at) + below(root.resolve(value.substring(at + before.length())), value.substring(at
                + before.length()));
        }
        return pathOf(value, isPath).filter(Files::exists).map(path -> (isPath ? "" : OF_MODEL) + named(path)).orElse(value);
    }

    /** The absolute path that an option's value is, or a part of it; empty where it is something else. */
    static Optional<Path> pathOf(String value, boolean isPath) {
        var text = isPath ? value : value.startsWith(OF_MODEL) ? value.substring(OF_MODEL.length()) : "";
        return Optional.of(text).filter(one -> !one.isEmpty() && !one.startsWith(Stage.MADE) && !one.startsWith(Stage.ARM))
            .map(one -> Path.of(one).toAbsolutePath().normalize());
    }

    private String named(Path path) {
        var below = root.toAbsolutePath().normalize();
        if (!root.toString().isEmpty() && path.startsWith(below)) {
            return below(path, below.relativize(path).toString());
        }
        var name = "file:" + path.getFileName() + "#" + hashes.computeIfAbsent(path, DataPaths::hash);
        elsewhere.put(name, path);
        return name;
    }

    private String below(Path path, String name) {
        return "data:" + name + "#" + hashes.computeIfAbsent(path, DataPaths::hash);
    }

    private static String hash(Path path) {
        return !Files.exists(path) ? "absent" : (Files.isDirectory(path) ? ofFolder(path) : Sha256.ofFile(path)).substring(0, 16);
    }

    /** Of names and contents. */
    private static String ofFolder(Path folder) {
        try (var files = Files.walk(folder)) {
            return Sha256.of(files.filter(Files::isRegularFile).sorted().map(file -> folder.relativize(file) + " " + Sha256.ofFile(file))
                .collect(Collectors.joining("\n")));
        } catch (IOException unreadable) {
            throw LeewayException.data(unreadable, "%s cannot be read: %s", folder, unreadable.getMessage());
        }
    }

    /** A value with paths in the place of names. */
    String path(String value) {
        var given = NAMED.matcher(value).replaceAll(found -> Matcher.quoteReplacement(root.resolve(found.group(1)).toString()));
        return ELSEWHERE.matcher(given).replaceAll(found -> Matcher.quoteReplacement(Optional.ofNullable(elsewhere.get(found.group()))
            .map(Path::toString).orElse(found.group())));
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
