package dev.leeway.eval.rule;

import dev.leeway.text.FoundNumber;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/**
 * A number, a residue or a matrix, however it is written: {@code 1,234} or {@code seven}, {@code 3 mod 7} or {@code x ≡ 3 (mod 7)},
 * {@code [[1, 2], [3, 4]]}, {@code [1 2; 3 4]} or LaTeX's.
 *
 * @param rows of numbers; a number is one row of one
 * @param modulus of a residue
 */
record MathValue(List<List<FoundNumber>> rows, Optional<FoundNumber> modulus) {

    private static final List<String> ONES = List.of("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
        "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen");
    private static final Map<String, Integer> TENS = Map.of("twenty", 20, "thirty", 30, "forty", 40, "fifty", 50, "sixty", 60, "seventy",
        70, "eighty", 80, "ninety", 90);
    private static final String ONE_WORD = String.join("|", ONES.reversed());
    private static final Pattern WORDS = Pattern.compile("\\b(?:(" + String.join("|", TENS.keySet()) + ")(?:[- ](" + ONE_WORD
        + "))?|(?:(" + ONE_WORD + ") hundred(?: and)? ?)?(" + ONE_WORD + ")|(" + ONE_WORD + ") hundred)\\b");
    private static final Pattern LATEX = Pattern.compile("\\\\begin\\{[a-z]*matrix\\}(.*?)\\\\end\\{[a-z]*matrix\\}", Pattern.DOTALL);
    private static final Pattern NESTED = Pattern.compile(
        "[\\[(]\\s*([\\[(][^\\[\\]()]*[\\])](?:\\s*,?\\s*[\\[(][^\\[\\]()]*[\\])])*)\\s*[\\])]");
    private static final Pattern FLAT = Pattern.compile("\\[([^\\[\\]]*\\d[^\\[\\]]*)\\]");
    private static final Pattern MODULUS = Pattern.compile("\\\\?p?mod(?:ulo)?\\s*\\{?\\s*(\\d+)");

    /** The first value of a text. */
    static Optional<MathValue> first(String text) {
        return all(text, true);
    }

    /** The last value of a text; of a matrix, the only one. */
    static Optional<MathValue> last(String text) {
        return all(text, false);
    }

    private static Optional<MathValue> all(String text, boolean first) {
        var plain = digits(text.toLowerCase(Locale.ROOT));
        var matrix = matrix(plain);
        if (matrix.isPresent()) {
            return Optional.of(new MathValue(matrix.get(), Optional.empty()));
        }
        var modulus = MODULUS.matcher(plain).results().findFirst().map(found -> number(found.group(1)));
        var numbers = FoundNumber.in(MODULUS.matcher(plain).replaceAll(" "));
        return numbers.isEmpty() ? Optional.empty()
            : Optional.of(new MathValue(List.of(List.of(first ? numbers.getFirst() : numbers.getLast())), modulus));
    }

    private static FoundNumber number(String digits) {
        return FoundNumber.in(digits).getFirst();
    }

    /** With number words below a thousand as digits. */
    private static String digits(String text) {
        return WORDS.matcher(text).replaceAll(found -> Integer.toString(number(found)));
    }

    private static int number(MatchResult words) {
        if (words.group(1) != null) {
            return TENS.get(words.group(1)) + one(words.group(2));
        }
        return words.group(5) != null ? 100 * one(words.group(5)) : 100 * one(words.group(3)) + one(words.group(4));
    }

    private static int one(String word) {
        return Math.max(0, ONES.indexOf(word == null ? "" : word));
    }

    private static Optional<List<List<FoundNumber>>> matrix(String text) {
        var latex = LATEX.matcher(text);
        if (latex.find()) {
            return rows(latex.group(1).split("\\\\\\\\"));
        }
        var nested = NESTED.matcher(text);
        if (nested.find()) {
            return rows(nested.group(1).split("(?<=[\\])])\\s*,?\\s*(?=[\\[(])"));
        }
        var flat = FLAT.matcher(text);
        return flat.find() ? rows(flat.group(1).split(";")) : Optional.empty();
    }

    private static Optional<List<List<FoundNumber>>> rows(String... lines) {
        var rows = new ArrayList<List<FoundNumber>>();
        for (var line : lines) {
            var row = FoundNumber.in(line.replaceAll("[,&\\[\\]()]", " "));
            if (!row.isEmpty()) {
                rows.add(row);
            }
        }
        return rows.isEmpty() ? Optional.empty() : Optional.of(List.copyOf(rows));
    }

    /** Whether both are the same; a modulus counts where both name one. */
    boolean same(MathValue other) {
        boolean sameModulus = modulus.isEmpty() || other.modulus.isEmpty() || modulus.get().equalsNumber(other.modulus.get());
        return sameModulus && rows.size() == other.rows.size()
            && IntStream.range(0, rows.size()).allMatch(r -> same(rows.get(r), other.rows.get(r)));
    }

    private static boolean same(List<FoundNumber> one, List<FoundNumber> other) {
        return one.size() == other.size() && IntStream.range(0, one.size()).allMatch(c -> one.get(c).equalsNumber(other.get(c)));
    }
}
