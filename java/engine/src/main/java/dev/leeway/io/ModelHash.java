package dev.leeway.io;

import dev.leeway.LeewayException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Pattern;

/** Says which model a folder holds, whatever it is called: SHA-256 over the names and bytes of all files that answers depend on. */
public final class ModelHash {

    private static final Pattern READ = Pattern.compile(
        ".*\\.safetensors(\\.index\\.json)?|(adapter_)?config\\.json|"
            + "generation_config\\.json|tokenizer(_config)?\\.json|chat_template\\.jinja");
    private static final int BLOCK = 1 << 20;

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
            var digest = MessageDigest.getInstance("SHA-256");
            List<Path> read = files.filter(file -> READ.matcher(file.getFileName().toString()).matches()).sorted().toList();
            for (var file : read) {
                digest.update((file.getFileName() + "\n" + Files.size(file) + "\n").getBytes(StandardCharsets.UTF_8));
                add(digest, file);
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (IOException | UncheckedIOException failure) {
            throw LeewayException.data(failure, "%s can't be read: %s", folder, failure.getMessage());
        } catch (NoSuchAlgorithmException impossible) {
            throw new AssertionError("every JDK has SHA-256", impossible);
        }
    }

    private static void add(MessageDigest digest, Path file) throws IOException {
        var block = new byte[BLOCK];
        try (var stream = Files.newInputStream(file)) {
            for (int count = stream.read(block); count >= 0; count = stream.read(block)) {
                digest.update(block, 0, count);
            }
        }
    }
}
