package dev.leeway.data;

import dev.leeway.LeewayException;
import dev.leeway.text.Tokenizer;
import dev.leeway.text.template.Span;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * Texts to token ids, as TRL does it: a text is encoded as a whole, and what stands before a trained part is encoded once more by
 * itself to see where the part starts. (Encoded apart, a SentencePiece tokenizer would put a space before it.) A bare text gets the
 * tokenizer's special tokens and an end-of-sequence if it doesn't end with one; a rendered conversation has what its template wrote.
 *
 * <p>Where a token reaches across the start of a part, the ids before it are no prefix of the whole. TRL then still counts off as many
 * tokens as they are, which can leave the start of the part untrained; here training starts at the first token that differs. A token that reaches
 * across the end of a part is trained, as with Hugging Face's assistant mask.
 */
final class ExampleEncoder {

    /**
     * One text as ids.
     *
     * @param ids    the whole text
     * @param mask   which of them are trained
     * @param merged whether a token reaches across the start of a trained part
     */
    record Encoded(int[] ids, boolean[] mask, boolean merged) {}

    /** Where a text is cut, and what the tokenizer makes of all before the cut. */
    private record Cut(int at, int[] before) {}

    private final Tokenizer tokenizer;

    ExampleEncoder(Tokenizer tokenizer) {
        this.tokenizer = tokenizer;
    }

    /** All texts of one kind, in order. */
    List<Encoded> encode(List<Script> scripts, boolean bare) {
        List<int[]> whole = tokenizer.encodeBatch(scripts.stream().map(Script::text).toList(), bare);
        List<String> before = new ArrayList<>();
        scripts.forEach(script -> cuts(script).forEach(cut -> before.add(script.text().substring(0, cut))));
        var encodedBefore = tokenizer.encodeBatch(before, bare).iterator();
        List<Encoded> result = new ArrayList<>(scripts.size());
        for (int i = 0; i < scripts.size(); i++) {
            Map<Integer, Cut> cuts = new LinkedHashMap<>();
            for (int at : cuts(scripts.get(i))) {
                cuts.put(at, new Cut(at, encodedBefore.next()));
            }
            int[] ids = bare ? withEnd(whole.get(i)) : whole.get(i);
            result.add(masked(scripts.get(i), whole.get(i), ids, cuts));
        }
        return result;
    }

    /** Where trained parts start and end, but for the end of the text. */
    private static TreeSet<Integer> cuts(Script script) {
        TreeSet<Integer> cuts = new TreeSet<>();
        for (Span part : script.trained()) {
            cuts.add(part.start());
            cuts.add(part.end());
        }
        cuts.remove(script.text().length());
        return cuts;
    }

    private static Encoded masked(Script script, int[] whole, int[] ids, Map<Integer, Cut> cuts) {
        boolean[] mask = new boolean[ids.length];
        boolean merged = false;
        for (Span part : script.trained()) {
            Cut start = cuts.get(part.start());
            int from = commonPrefix(start.before(), whole);
            merged |= from < start.before().length && part.start() > 0;
            int to = ids.length;
            if (part.end() < script.text().length()) {
                int[] upTo = cuts.get(part.end()).before();
                int shared = commonPrefix(upTo, whole);
                to = Math.min(whole.length, shared < upTo.length ? shared + 1 : shared);
            }
            Arrays.fill(mask, from, Math.max(from, to), true);
        }
        if (mask.length > 0) {
            mask[0] = false; // nothing precedes it
        }
        return new Encoded(ids, mask, merged);
    }

    private int[] withEnd(int[] ids) {
        int end = tokenizer.endOfSequence().orElseThrow(() -> LeewayException.data(
                "nothing beside %s names the end-of-sequence token that a row must end with; put \"eos_token\" into tokenizer_config.json",
                tokenizer.source()));
        if (ids.length > 0 && ids[ids.length - 1] == end) {
            return ids;
        }
        int[] ended = Arrays.copyOf(ids, ids.length + 1);
        ended[ids.length] = end;
        return ended;
    }

    private static int commonPrefix(int[] a, int[] b) {
        int mismatch = Arrays.mismatch(a, b);
        return mismatch < 0 ? a.length : mismatch;
    }
}
