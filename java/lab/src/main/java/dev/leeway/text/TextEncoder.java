package dev.leeway.text;

import dev.leeway.LeewayException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Texts to ids, and places in a text to places among its ids. In pieces where the tokenizer has sure cuts; otherwise as a whole, and what
 * stands before a place is then encoded once more, which for a text with many places costs the square of their number.
 */
final class TextEncoder {

    /** The native library's encoding. */
    interface Reference {
        int[] encode(String text, boolean addSpecialTokens);
    }

    /** What a post-processor puts before and behind every text. */
    private record Frame(int[] before, int[] behind) {

        boolean isAs(Frame other) {
            return Arrays.equals(before, other.before) && Arrays.equals(behind, other.behind);
        }

        int[] around(int[] ids) {
            int[] all = Arrays.copyOf(before, before.length + ids.length + behind.length);
            System.arraycopy(ids, 0, all, before.length, ids.length);
            System.arraycopy(behind, 0, all, before.length + ids.length, behind.length);
            return all;
        }
    }

    private final Reference reference;
    private final Optional<PieceEncoder> pieces;
    private final Optional<Frame> frame;

    private TextEncoder(Reference reference, Optional<PieceEncoder> pieces) {
        this.reference = reference;
        this.pieces = pieces;
        this.frame = frame(reference);
    }

    static TextEncoder of(TokenizerFile file, Reference reference) {
        return new TextEncoder(reference, file.cuts().map(cuts -> new PieceEncoder(cuts.sure(), cuts.added(),
                text -> reference.encode(text, false))));
    }

    /** Found by encoding letters with and without it; none where that leaves it open. */
    private static Optional<Frame> frame(Reference reference) {
        try {
            List<Frame> possible = frames(reference, "a");
            for (String other : List.of("b", "0")) {
                List<Frame> also = frames(reference, other);
                possible = possible.stream().filter(frame -> also.stream().anyMatch(frame::isAs)).toList();
            }
            return possible.size() == 1 ? Optional.of(possible.getFirst()) : Optional.empty();
        } catch (LeewayException _) {
            return Optional.empty(); // whoever encodes a text meets it again
        }
    }

    private static List<Frame> frames(Reference reference, String text) {
        int[] bare = reference.encode(text, false);
        int[] framed = reference.encode(text, true);
        List<Frame> possible = new ArrayList<>();
        for (int start = 0; bare.length > 0 && start + bare.length <= framed.length; start++) {
            if (Arrays.equals(bare, 0, bare.length, framed, start, start + bare.length)) {
                possible.add(new Frame(Arrays.copyOf(framed, start), Arrays.copyOfRange(framed, start + bare.length, framed.length)));
            }
        }
        return possible;
    }

    int[] encode(String text, boolean addSpecialTokens) {
        if (!addSpecialTokens) {
            return pieces.map(encoder -> encoder.encode(text)).orElseGet(() -> reference.encode(text, false));
        }
        return pieces.isPresent() && frame.isPresent() ? frame.get().around(encode(text, false)) : reference.encode(text, true);
    }

    CutText encode(String text, int[] places, boolean addSpecialTokens) {
        if (addSpecialTokens && frame.isEmpty()) {
            return compared(text, reference.encode(text, true), places, true);
        }
        CutText bare = pieces.map(encoder -> encoder.encode(text, places)).orElseGet(() -> encodeWhole(text, places));
        if (!addSpecialTokens) {
            return bare;
        }
        Frame around = frame.orElseThrow();
        return new CutText(around.around(bare.ids()), bare.cuts().stream().map(cut -> cut.plus(around.before.length)).toList());
    }

    private CutText encodeWhole(String text, int[] places) {
        int[] ids = reference.encode(text, false);
        return inParts(text, ids, places).orElseGet(() -> compared(text, ids, places, false));
    }

    /** The cuts between parts whose ids, one after the other, are those of the whole: no token crosses one. */
    private Optional<CutText> inParts(String text, int[] ids, int[] places) {
        if (places.length < 2) {
            return Optional.empty();
        }
        List<Cut> cuts = new ArrayList<>();
        int start = 0;
        int before = 0;
        for (int end : IntStream.concat(Arrays.stream(places), IntStream.of(text.length())).toArray()) {
            int[] part = reference.encode(text.substring(start, end), false);
            if (before + part.length > ids.length || !Arrays.equals(part, 0, part.length, ids, before, before + part.length)) {
                return Optional.empty();
            }
            start = end;
            before += part.length;
            cuts.add(new Cut(before, false));
        }
        return before == ids.length ? Optional.of(new CutText(ids, cuts.subList(0, places.length))) : Optional.empty();
    }

    private CutText compared(String text, int[] ids, int[] places, boolean addSpecialTokens) {
        return new CutText(ids, Arrays.stream(places).mapToObj(place -> {
            Cut cut = Cut.after(reference.encode(text.substring(0, place), addSpecialTokens), ids, 0);
            return place == 0 ? new Cut(cut.before(), false) : cut;
        }).toList());
    }
}
