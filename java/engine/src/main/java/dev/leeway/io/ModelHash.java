package dev.leeway.io;

import dev.leeway.LeewayException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;

/** Says which model a folder holds, whatever it is called: SHA-256 over the names and bytes of all files that answers depend on. */
public final class ModelHash {

    private static final Pattern READ = Pattern.compile(
        ".*\\.safetensors(\\.index\\.json)?|(adapter_)?config\\.json|"
            + "generation_config\\.json|tokenizer(_config)?\\.json|chat_template\\.jinja");

    private ModelHash() {
    }

    /**
     * The hash of a model directory, or of an adapter directory by itself.
     *
     * @return 64 lower-case hexadecimal digits
     * @throws LeewayException if it can't be read
     */
    public static String of(Path folder) {
        try (var files = Files.list(folder)) {
            var sum = new Sha256();
            for (var file : files.filter(one -> READ.matcher(one.getFileName().toString()).matches()).sorted().toList()) {
                sum.addBytes(file.getFileName() + "\n" + Files.size(file) + "\n").addBytes(file);
            }
            return sum.hex();
        } catch (IOException | UncheckedIOException failure) {
            throw LeewayException.data(failure, "%s can't be read: %s", folder, failure.getMessage());
        }
    }
}
