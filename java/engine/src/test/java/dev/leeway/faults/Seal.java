package dev.leeway.faults;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.function.UnaryOperator;

/** Changes a manifest as a program would that writes another one: with the right checksum of its own text. */
public final class Seal {

    private Seal() {
    }

    /** Applies a change to the text of a checkpoint's manifest. */
    public static void again(Path checkpoint, UnaryOperator<String> change) throws IOException {
        var manifest = checkpoint.resolve("manifest.json");
        var open = change.apply(Files.readString(manifest).replaceFirst(",\n  \"sha256\": \"[0-9a-f]{64}\"\n}\n$", ""));
        Files.writeString(manifest, open + ",\n  \"sha256\": \"" + sha256(open.getBytes(StandardCharsets.UTF_8)) + "\"\n}\n");
    }

    static String sha256(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException impossible) {
            throw new AssertionError("every JDK has SHA-256", impossible);
        }
    }
}
