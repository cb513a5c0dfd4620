package dev.leeway.cli;

import dev.leeway.LeewayException;
import dev.leeway.io.AppendLog;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Consumer;
import tools.jackson.databind.JsonNode;

/**
 * Where lines go. A file has its name only once it is {@linkplain #keep kept}; one that is not kept is removed, so that nothing is in the
 * way of another attempt.
 *
 * @param lines takes the next one
 * @param whole names the file
 * @param end lets go of it
 */
record ScoreOutput(Consumer<JsonNode> lines, Runnable whole, Runnable end) implements AutoCloseable {

    /** Lines for a stream that is not this one's to close. */
    static ScoreOutput printed(Consumer<JsonNode> lines) {
        return new ScoreOutput(lines, () -> { }, () -> { });
    }

    /** Lines of a new file, which are in {@code .NAME.part} beside it until it is whole. */
    static ScoreOutput file(Path file) {
        var part = file.resolveSibling("." + file.getFileName() + ".part");
        var log = AppendLog.create(part);
        return new ScoreOutput(log::append, () -> rename(log, part, file), () -> discard(log, part));
    }

    private static void rename(AppendLog log, Path part, Path file) {
        log.force();
        try {
            Files.move(part, file);
        } catch (IOException failure) {
            throw LeewayException.resources(failure, "%s can't be written: %s", file, failure.getMessage());
        }
    }

    private static void discard(AppendLog log, Path part) {
        log.close();
        try {
            Files.deleteIfExists(part);
        } catch (IOException failure) {
            throw LeewayException.resources(failure, "%s can't be removed: %s", part, failure.getMessage());
        }
    }

    /** Says that all lines were given. */
    void keep() {
        whole.run();
    }

    @Override
    public void close() {
        end.run();
    }
}
