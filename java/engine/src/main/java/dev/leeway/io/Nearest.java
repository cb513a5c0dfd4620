package dev.leeway.io;

import java.util.Collection;
import java.util.Optional;

/** Finds what someone probably meant: the known name with the fewest edits from an unknown one. */
public final class Nearest {

    /** Longer names are not compared: the cost is quadratic, and names from files may be hostile. */
    private static final int LONGEST = 200;

    private Nearest() {
    }

    /** The known name with the smallest edit distance to {@code name}, provided that at most a third of the letters differ. */
    public static Optional<String> to(String name, Collection<String> known) {
        if (name.length() > LONGEST) {
            return Optional.empty();
        }
        int fewest = Math.max(2, name.length() / 3) + 1;
        Optional<String> nearest = Optional.empty();
        for (var candidate : known) {
            if (Math.abs(candidate.length() - name.length()) < fewest) {
                int edits = edits(name, candidate);
                if (edits < fewest) {
                    fewest = edits;
                    nearest = Optional.of(candidate);
                }
            }
        }
        return nearest;
    }

    /** {@code "; did you mean NAME?"}, or nothing where no known name is near. */
    public static String hint(String name, Collection<String> known) {
        return to(name, known).map(nearest -> "; did you mean " + Quote.quote(nearest) + "?").orElse("");
    }

    /** Levenshtein distance, one row at a time. */
    private static int edits(String from, String to) {
        int[] row = new int[to.length() + 1];
        for (int j = 0; j <= to.length(); j++) {
            row[j] = j;
        }
        for (int i = 1; i <= from.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= to.length(); j++) {
                int replaced = diagonal + (from.charAt(i - 1) == to.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(replaced, 1 + Math.min(row[j], row[j - 1]));
            }
        }
        return row[to.length()];
    }
}
