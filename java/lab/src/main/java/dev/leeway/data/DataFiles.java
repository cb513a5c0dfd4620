package dev.leeway.data;

import dev.leeway.LeewayException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.List;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import java.util.stream.Stream;

/** The files that a name on the command line stands for: one file, all data files of a folder, or those that match a pattern. */
public final class DataFiles {

    private static final Pattern ENDINGS = Pattern.compile(".*\\.(jsonl|json)(\\.gz)?|.*\\.parquet");
    private static final Pattern WILD = Pattern.compile("[*?\\[{]");

    private DataFiles() {}

    /**
     * The files, in the order of their paths so that it is the same on every machine. A folder stands for the {@code .jsonl}, {@code .json}
     * (each perhaps with {@code .gz}) and {@code .parquet} files in it and below; a pattern is a glob, in which {@code **} crosses folders.
     *
     * @throws LeewayException if there are none
     */
    public static List<Path> of(String name) {
        Path path = Path.of(name);
        if (Files.isDirectory(path)) {
            return walk(path, Integer.MAX_VALUE, name, file -> ENDINGS.matcher(file.getFileName().toString()).matches());
        }
        if (Files.exists(path) || !WILD.matcher(name).find()) {
            return List.of(path);
        }
        PathMatcher matcher = matcher(name);
        Path fixed = fixedPart(name);
        // No deeper than the pattern, or /*.jsonl would read every folder of the machine. A slash in braces only makes this larger.
        int depth = name.contains("**") ? Integer.MAX_VALUE : Math.max(1, path.getNameCount() - fixed.normalize().getNameCount() + 1);
        return walk(fixed, depth, name, file -> matcher.matches(file) || matcher.matches(file.normalize()));
    }

    /**
     * The files of one split of a folder, by the names that the Hugging Face hub knows them by: {@code train.jsonl},
     * {@code train-00000-of-00002.parquet}, {@code data/train/0.jsonl.gz}.
     *
     * @throws LeewayException if there are none
     */
    public static List<Path> ofSplit(String name, String split) {
        Path folder = Path.of(name);
        Pattern named = Pattern.compile("(.*[-._/ 0-9])?" + Pattern.quote(split) + "[-._/ 0-9].*");
        List<Path> found = of(name).stream()
                .filter(file -> named.matcher(Files.isDirectory(folder) ? folder.relativize(file).toString()
                        : file.getFileName().toString()).matches()).toList();
        if (found.isEmpty()) {
            throw LeewayException.data("no data file of %s belongs to the split %s; expected names such as %s.jsonl or"
                    + " %s-00000-of-00002.parquet", name, split, split, split);
        }
        return found;
    }

    private static PathMatcher matcher(String pattern) {
        try {
            return FileSystems.getDefault().getPathMatcher("glob:" + pattern);
        } catch (PatternSyntaxException e) {
            throw LeewayException.usage("there is no file %s, and it is no pattern either: %s; close its brackets, or put \\ before them",
                    pattern, e.getDescription());
        }
    }

    private static List<Path> walk(Path folder, int depth, String name, Predicate<Path> wanted) {
        try (Stream<Path> files = Files.walk(folder, depth)) {
            List<Path> found = files.filter(Files::isRegularFile).filter(wanted).sorted().toList();
            if (found.isEmpty()) {
                throw LeewayException.data("no data file matches %s; expected .jsonl or .json, perhaps with .gz, or .parquet", name);
            }
            return found;
        } catch (UncheckedIOException e) {
            throw unsearchable(name, e.getCause());
        } catch (IOException e) {
            throw unsearchable(name, e);
        }
    }

    private static LeewayException unsearchable(String name, IOException e) {
        return LeewayException.data(e, "%s cannot be searched for data files: %s", name, e);
    }

    /** The folder above the first part of the pattern that has a wildcard. */
    private static Path fixedPart(String pattern) {
        var wild = WILD.matcher(pattern);
        int slash = wild.find() ? pattern.lastIndexOf('/', wild.start()) : -1;
        return Path.of(slash < 0 ? "" : slash == 0 ? "/" : pattern.substring(0, slash));
    }
}
