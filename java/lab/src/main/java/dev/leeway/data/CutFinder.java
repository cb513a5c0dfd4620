package dev.leeway.data;

import dev.leeway.text.Tokenizer;
import dev.leeway.text.template.Span;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Finds where in the ids of a text its trained parts start and end. A text with several cuts is encoded piece by piece; if the pieces' ids
 * joined are those of the whole, no token crosses a cut and the counts are exact. Otherwise, and for a text with one cut, everything before
 * each cut is encoded once more: that is sure, but its cost grows with the square of the number of turns.
 */
final class CutFinder {

    /**
     * A place in a text.
     *
     * @param before  how many ids stand wholly before it
     * @param crossed whether a token reaches across it
     */
    record Cut(int before, boolean crossed) {}

    private final Tokenizer tokenizer;
    private final boolean addSpecialTokens;

    CutFinder(Tokenizer tokenizer, boolean addSpecialTokens) {
        this.tokenizer = tokenizer;
        this.addSpecialTokens = addSpecialTokens;
    }

    /** For each text, where its cuts fall, by their place in the text. */
    List<Map<Integer, Cut>> find(List<Script> scripts, List<int[]> whole) {
        List<Optional<Map<Integer, Cut>>> exact = inPieces(scripts, whole);
        List<Script> others = new ArrayList<>();
        for (int i = 0; i < scripts.size(); i++) {
            if (exact.get(i).isEmpty()) {
                others.add(scripts.get(i));
            }
        }
        Iterator<int[]> before = encodeParts(others.stream().map(CutFinder::beforeEachCut).toList());
        List<Map<Integer, Cut>> found = new ArrayList<>(scripts.size());
        for (int i = 0; i < scripts.size(); i++) {
            Script script = scripts.get(i);
            int[] ids = whole.get(i);
            found.add(exact.get(i).orElseGet(() -> compared(script, ids, before)));
        }
        return found;
    }

    /** Where trained parts start and end, but for the end of the text. */
    private static TreeSet<Integer> places(Script script) {
        TreeSet<Integer> places = new TreeSet<>();
        for (Span part : script.trained()) {
            places.add(part.start());
            places.add(part.end());
        }
        places.remove(script.text().length());
        return places;
    }

    private static List<String> beforeEachCut(Script script) {
        return places(script).stream().map(place -> script.text().substring(0, place)).toList();
    }

    private static List<String> pieces(Script script) {
        TreeSet<Integer> places = places(script);
        if (places.size() < 2) {
            return List.of();
        }
        List<String> pieces = new ArrayList<>();
        int start = 0;
        for (int place : places) {
            pieces.add(script.text().substring(start, place));
            start = place;
        }
        pieces.add(script.text().substring(start));
        return pieces;
    }

    private Iterator<int[]> encodeParts(List<List<String>> parts) {
        return tokenizer.encodeBatch(parts.stream().flatMap(List::stream).toList(), addSpecialTokens).iterator();
    }

    private List<Optional<Map<Integer, Cut>>> inPieces(List<Script> scripts, List<int[]> whole) {
        List<List<String>> pieces = scripts.stream().map(script -> addSpecialTokens ? List.<String>of() : pieces(script)).toList();
        Iterator<int[]> encoded = encodeParts(pieces);
        List<Optional<Map<Integer, Cut>>> result = new ArrayList<>(scripts.size());
        for (int i = 0; i < scripts.size(); i++) {
            result.add(joined(pieces.get(i), whole.get(i), encoded));
        }
        return result;
    }

    /** The cuts between pieces whose ids, one after the other, are those of the whole. */
    private static Optional<Map<Integer, Cut>> joined(List<String> pieces, int[] whole, Iterator<int[]> encoded) {
        Map<Integer, Cut> cuts = new TreeMap<>();
        boolean equal = !pieces.isEmpty();
        int place = 0;
        int before = 0;
        for (String piece : pieces) {
            int[] ids = encoded.next();
            int end = before + ids.length;
            equal = equal && end <= whole.length && Arrays.equals(ids, 0, ids.length, whole, before, end);
            place += piece.length();
            before = end;
            cuts.put(place, new Cut(before, false));
        }
        cuts.remove(place); // the end of the text is no cut
        return equal && before == whole.length ? Optional.of(cuts) : Optional.empty();
    }

    private static Map<Integer, Cut> compared(Script script, int[] whole, Iterator<int[]> encoded) {
        Map<Integer, Cut> cuts = new TreeMap<>();
        for (int place : places(script)) {
            int[] before = encoded.next();
            int mismatch = Arrays.mismatch(before, whole);
            int shared = mismatch < 0 ? before.length : mismatch;
            cuts.put(place, new Cut(shared, shared < before.length && place > 0));
        }
        return cuts;
    }
}
