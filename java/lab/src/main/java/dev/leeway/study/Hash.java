package dev.leeway.study;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import tools.jackson.databind.JsonNode;

/** SHA-256 as 64 hexadecimal digits: under which a result is stored. */
final class Hash {

    private Hash() {
    }

    static String of(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException impossible) {
            throw new AssertionError("every JDK has SHA-256", impossible);
        }
    }

    static String of(JsonNode json) {
        return of(json.toString().getBytes(StandardCharsets.UTF_8));
    }
}
