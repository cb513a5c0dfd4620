package dev.leeway.cli;

import dev.leeway.LeewayException;
import dev.leeway.text.BpeVocabulary;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Where the tokenizer of a run is. A new one waits in a temporary folder until it is saved together with its model: in the output folder
 * it would belie the model of an earlier run.
 *
 * @param path has tokenizer.json
 * @param temporary to be removed in the end
 */
record TokenizerFolder(Path path, Optional<Path> temporary) implements AutoCloseable {

    /** One that exists. */
    static TokenizerFolder of(Path path) {
        return new TokenizerFolder(path, Optional.empty());
    }

    /** A new one. */
    static TokenizerFolder of(BpeVocabulary learned) {
        try {
            var path = Files.createTempDirectory("leeway-tokenizer");
            var folder = new TokenizerFolder(path, Optional.of(path));
            try {
                learned.save(path);
                return folder;
            } catch (LeewayException failure) {
                folder.close();
                throw failure;
            }
        } catch (IOException failure) {
            throw LeewayException.resources(failure, "cannot make a temporary folder for the tokenizer: %s", failure.getMessage());
        }
    }

    @Override
    public void close() {
        temporary.ifPresent(OutputFolder::remove);
    }
}
