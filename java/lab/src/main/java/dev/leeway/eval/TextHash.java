package dev.leeway.eval;

import dev.leeway.io.Sha256;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;

/** Names and draws that are functions of texts alone: the same in every run, whatever else is in the data. */
public final class TextHash {

    private static final int DIGITS = 8;
    private static final int HEXADECIMAL = 16;

    private TextHash() {
    }

    /**
     * An id for a row that has none: its number and what it says, so that neither an inserted row nor a changed one goes unseen.
     *
     * @param row its number within the data, from 1
     */
    public static String id(long row, String text) {
        return row + "-" + Sha256.of(text).substring(0, DIGITS);
    }

    /** A number from 0 to {@code bound} − 1, drawn by a seed and by what it is about. */
    public static int below(int bound, long seed, String about) {
        return new BigInteger(Sha256.of(seed + " " + about), HEXADECIMAL).mod(BigInteger.valueOf(bound)).intValueExact();
    }

    /** So many items, drawn by a seed and their ids, in their order. */
    public static <I extends Item> List<I> drawn(List<I> items, int count, long seed) {
        var drawn = items.stream().sorted(Comparator.comparing(item -> Sha256.of(seed + " " + item.id()))).limit(count)
            .map(Item::id).collect(Collectors.toSet());
        return items.stream().filter(item -> drawn.contains(item.id())).toList();
    }

    /** Texts in an order of chance, drawn by what they are about. */
    public static List<String> shuffled(List<String> texts, String about) {
        var order = new ArrayList<>(texts);
        order.sort(Comparator.comparing(text -> Sha256.of(about + " " + text)));
        return List.copyOf(order);
    }
}
