package dev.leeway.text;

import dev.leeway.text.AddedTokens.Spelling;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;

/**
 * Encodes a text piece by piece, cut where the tokenizer is sure to cut, and remembers the ids of short pieces: most pieces of a text are
 * words that came before. What a piece's ids are is always the reference's answer. For any number of threads.
 */
final class PieceEncoder {

    /** Longer pieces seldom come twice; so many short ones take some 40 MB. */
    private static final int LONGEST_REMEMBERED = 32;
    private static final int MOST_REMEMBERED = 1 << 18;

    private final SureCuts sure;
    private final AddedTokens added;
    private final Function<String, int[]> reference;
    private final Map<String, int[]> remembered = new ConcurrentHashMap<>();

    /** @param reference gives the ids of a text without what a post-processor puts around it */
    PieceEncoder(SureCuts sure, AddedTokens added, Function<String, int[]> reference) {
        this.sure = sure;
        this.added = added;
        this.reference = reference;
    }

    int[] encode(String text) {
        return new Pieces(text).ids();
    }

    /** The ids, and the cuts at the given places; 0 is one before all ids. */
    CutText encode(String text, int[] places) {
        var pieces = new Pieces(text);
        int[] ids = pieces.ids();
        return new CutText(ids, Arrays.stream(places).mapToObj(place -> pieces.cut(place, ids)).toList());
    }

    private int[] lookUp(String piece) {
        if (piece.length() > LONGEST_REMEMBERED) {
            return reference.apply(piece);
        }
        int[] ids = remembered.get(piece);
        if (ids == null) {
            ids = reference.apply(piece);
            if (remembered.size() < MOST_REMEMBERED) {
                remembered.put(piece, ids);
            }
        }
        return ids;
    }

    /** One text in pieces. Piece {@code i} has the characters and ids from end {@code i − 1} to end {@code i}. */
    private final class Pieces {
        private final String text;
        private int[] ids;
        private int[] ends = new int[64];
        private int[] idEnds = new int[64];
        private int count;
        private final List<Spelling> spellings;

        Pieces(String text) {
            this.text = text;
            this.ids = new int[text.length() / 3 + 16];
            this.spellings = added.in(text);
            int from = 0;
            for (Spelling spelling : spellings) {
                addSection(from, spelling.start());
                add(spelling.end(), reference(spelling.start(), spelling.end(), false));
                from = spelling.end();
            }
            addSection(from, text.length());
        }

        int[] ids() {
            return Arrays.copyOf(ids, idEnd(count - 1));
        }

        private void addSection(int from, int to) {
            int start = from;
            for (int i = from + 1; i < to; i++) {
                // A space at the end of a section has nothing behind it that could be encoded without it.
                if (sure.between(text.charAt(i - 1), text.charAt(i)) && (i + 1 < to || !sure.prependsMark())) {
                    add(i, reference(start, i, start > from));
                    start = i;
                }
            }
            if (start < to) {
                add(to, reference(start, to, start > from));
            }
        }

        /** @param inside whether the piece has another one before it in its section */
        private int[] reference(int from, int to, boolean inside) {
            return lookUp(text.substring(inside && sure.prependsMark() ? from + 1 : from, to));
        }

        private void add(int end, int[] pieceIds) {
            int before = idEnd(count - 1);
            if (count == ends.length) {
                ends = Arrays.copyOf(ends, 2 * count);
                idEnds = Arrays.copyOf(idEnds, 2 * count);
            }
            if (before + pieceIds.length > ids.length) {
                ids = Arrays.copyOf(ids, 2 * (before + pieceIds.length));
            }
            System.arraycopy(pieceIds, 0, ids, before, pieceIds.length);
            ends[count] = end;
            idEnds[count++] = before + pieceIds.length;
        }

        private int idEnd(int piece) {
            return piece < 0 ? 0 : idEnds[piece];
        }

        Cut cut(int place, int[] whole) {
            int found = Arrays.binarySearch(ends, 0, count, place);
            if (found >= 0 || place == 0) {
                return new Cut(place == 0 ? 0 : idEnds[found], false);
            }
            int piece = -found - 1;
            int start = piece == 0 ? 0 : ends[piece - 1];
            boolean inside = start > 0 && spellings.stream().noneMatch(spelling -> spelling.end() == start);
            boolean spelled = spellings.stream().anyMatch(spelling -> spelling.start() < place && place < spelling.end());
            if (spelled || inside && sure.prependsMark() && place == start + 1) {
                return Cut.after(PieceEncoder.this.reference.apply(text.substring(0, place)), whole, 0);
            }
            return Cut.after(reference(start, place, inside), whole, idEnd(piece - 1));
        }
    }
}
