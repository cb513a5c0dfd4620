package dev.leeway.judge;

import dev.leeway.LeewayException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * A text with places for values: {@code {name}}; {@code {{} and {@code }}} are braces. A value goes in as it is and is not looked at again:
 * an item that contains {@code {answer}} stays what it is.
 */
public final class Template {

    private static final Pattern NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*");

    private sealed interface Piece {
        record Text(String text) implements Piece { }

        record Place(String name) implements Piece { }
    }

    private final String text;
    private final List<Piece> pieces = new ArrayList<>();

    private Template(String text) {
        this.text = text;
    }

    /**
     * Reads a template.
     *
     * @throws LeewayException if a brace opens no place
     */
    public static Template of(String text) {
        var template = new Template(text);
        int at = 0;
        while (at < text.length()) {
            at = template.readPiece(at);
        }
        return template;
    }

    /** Adds the piece that begins at {@code at}, and gives where the next one begins. */
    private int readPiece(int at) {
        char first = text.charAt(at);
        if (first != '{' && first != '}') {
            int end = at;
            while (end < text.length() && text.charAt(end) != '{' && text.charAt(end) != '}') {
                end++;
            }
            pieces.add(new Piece.Text(text.substring(at, end)));
            return end;
        }
        if (at + 1 < text.length() && text.charAt(at + 1) == first) {
            pieces.add(new Piece.Text(String.valueOf(first)));
            return at + 2;
        }
        int close = text.indexOf('}', at);
        if (first == '}' || close < 0 || !NAME.matcher(text.substring(at + 1, close)).matches()) {
            throw LeewayException.usage("the template has %s at character %d, which opens no place such as {answer}; write %s%s for a "
                + "brace", first, at + 1, first, first);
        }
        pieces.add(new Piece.Place(text.substring(at + 1, close)));
        return close + 1;
    }

    /** The names of its places. */
    public List<String> names() {
        return pieces.stream().filter(Piece.Place.class::isInstance).map(piece -> ((Piece.Place) piece).name()).distinct().toList();
    }

    /**
     * The text with its values.
     *
     * @param values one for each name; no other
     */
    public String fill(Map<String, String> values) {
        var wanted = new TreeSet<>(names());
        if (!wanted.equals(new TreeSet<>(values.keySet()))) {
            throw LeewayException.usage("the template has places for %s and was given %s; give exactly these", wanted,
                new TreeSet<>(values.keySet()));
        }
        return pieces.stream().map(piece -> switch (piece) {
            case Piece.Text plain -> plain.text();
            case Piece.Place place -> values.get(place.name());
        }).collect(Collectors.joining());
    }

    /** A question with these values. */
    public Question ask(Map<String, String> values, List<String> options, long seed) {
        return new Question(hash(), fill(values), options, seed);
    }

    /** SHA-256 of the template's text, 64 hexadecimal digits: which template a number came from. */
    public String hash() {
        return Key.sha256(text.getBytes(StandardCharsets.UTF_8));
    }
}
