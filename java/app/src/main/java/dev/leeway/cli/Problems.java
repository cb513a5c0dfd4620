package dev.leeway.cli;

import dev.leeway.LeewayException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;

/** Everything that is wrong with a request, so that it is reported at once. */
final class Problems {

    private final List<String> sentences = new ArrayList<>();
    private boolean onlyData = true;

    /** Ends the command with all that a check reports, if it reports anything. */
    static void requireNone(Consumer<Problems> check) {
        var problems = new Problems();
        check.accept(problems);
        problems.throwIfAny();
    }

    /** A wrong request. */
    void add(String sentence) {
        sentences.add(sentence);
        onlyData = false;
    }

    /** Data that are not as they must be. */
    void addOfData(String sentence) {
        sentences.add(sentence);
    }

    /** Whether nothing is wrong so far. */
    boolean isEmpty() {
        return sentences.isEmpty();
    }

    /** All that another check found. */
    void addAll(Problems others) {
        sentences.addAll(others.sentences);
        onlyData &= others.onlyData;
    }

    /** A wrong request unless the condition holds. */
    void require(boolean condition, String format, Object... arguments) {
        if (!condition) {
            add(String.format(Locale.ROOT, format, arguments));
        }
    }

    /** A missing file: not wrong in itself, but not there. */
    void requireReadable(String option, Path file) {
        if (!Files.isReadable(file) || Files.isDirectory(file)) {
            sentences.add(option + ": " + file + (Files.isDirectory(file) ? " is a folder; a file is expected" : Files.exists(file)
                ? " cannot be read" : " does not exist"));
        }
    }

    /** Takes what a check of its own throws. */
    void check(Runnable check) {
        try {
            check.run();
        } catch (LeewayException wrong) {
            sentences.add(wrong.getMessage());
            onlyData &= wrong.kind() == LeewayException.Kind.DATA;
        }
    }

    /** All sentences: the first one says how many follow. */
    String text() {
        int more = sentences.size() - 1;
        var first = sentences.getFirst();
        return more == 0 ? first : first + (first.endsWith("?") ? " " : "; ") + more + (more == 1 ? " more problem" : " more problems")
            + " below:\n  " + String.join("\n  ", sentences.subList(1, sentences.size()));
    }

    /** Ends the command if there is a problem. */
    void throwIfAny() {
        if (!sentences.isEmpty()) {
            throw onlyData ? LeewayException.data(text()) : LeewayException.usage(text());
        }
    }
}
