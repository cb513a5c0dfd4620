package dev.leeway.judge;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** Hashes that questions are found again by. */
final class Key {

    private Key() {
    }

    /** Of a judge and a question. Each part stands behind its length: no two questions run together into the same bytes. */
    static String of(String judge, Question question) {
        var digest = newDigest();
        add(digest, judge);
        add(digest, question.template());
        add(digest, question.input());
        add(digest, Long.toString(question.seed()));
        question.options().forEach(option -> add(digest, option));
        return HexFormat.of().formatHex(digest.digest());
    }

    static String sha256(byte[] bytes) {
        return HexFormat.of().formatHex(newDigest().digest(bytes));
    }

    private static void add(MessageDigest digest, String part) {
        var bytes = part.getBytes(StandardCharsets.UTF_8);
        digest.update(ByteBuffer.allocate(Integer.BYTES).putInt(bytes.length).array());
        digest.update(bytes);
    }

    private static MessageDigest newDigest() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException impossible) {
            throw new AssertionError("every JDK has SHA-256", impossible);
        }
    }
}
