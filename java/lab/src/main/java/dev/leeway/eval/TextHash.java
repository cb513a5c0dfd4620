package dev.leeway.eval;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;

/** Names and draws that are functions of texts alone: the same in every run, whatever else is in the data. */
public final class TextHash {

    private static final int DIGITS = 8;

    private TextHash() {
    }

    /**
     * An id for a row that has none: its number and what it says, so that neither an inserted row nor a changed one goes unseen.
     *
     * @param row its number within the data, from 1
     */
    public static String id(long row, String text) {
        return row + "-" + HexFormat.of().formatHex(digest(text)).substring(0, DIGITS);
    }

    /** A number from 0 to {@code bound} − 1, drawn by a seed and by what it is about. */
    public static int below(int bound, long seed, String about) {
        return new BigInteger(1, digest(seed + " " + about)).mod(BigInteger.valueOf(bound)).intValueExact();
    }

    /** Texts in an order of chance, drawn by what they are about. */
    public static List<String> shuffled(List<String> texts, String about) {
        var order = new ArrayList<>(texts);
        order.sort(Comparator.comparing(text -> HexFormat.of().formatHex(digest(about + " " + text))));
        return List.copyOf(order);
    }

    private static byte[] digest(String text) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException impossible) {
            throw new AssertionError("every JDK has SHA-256", impossible);
        }
    }
}
