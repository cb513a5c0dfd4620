package dev.leeway.data;

import dev.leeway.LeewayException;
import dev.leeway.text.Cut;
import dev.leeway.text.CutText;
import dev.leeway.text.Tokenizer;
import dev.leeway.text.template.Span;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Texts to token ids, as TRL does it: a text is encoded as a whole, and where a part of it starts is what the text before has by itself;
 * see {@link Tokenizer#encodeCut}. A bare text gets the tokenizer's special tokens and an end-of-sequence if it doesn't end with one; a
 * rendered conversation has what its template wrote.
 *
 * <p>Where a token reaches across the start of a part, TRL still counts off as many tokens as the text before has by itself, which can
 * leave the start of the part untrained; here training starts with that token. A token that reaches across the end of a part is trained,
 * as with Hugging Face's assistant mask.
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

    private final Tokenizer tokenizer;
    private final boolean bare;

    /** @param bare whether the texts are bare; see {@link Script.Kind} */
    ExampleEncoder(Tokenizer tokenizer, boolean bare) {
        this.tokenizer = tokenizer;
        this.bare = bare;
    }

    Encoded encode(Script script) {
        int[] places = places(script);
        CutText encoded = tokenizer.encodeCut(script.text(), places, bare);
        return masked(script, bare ? withEnd(encoded.ids()) : encoded.ids(), places, encoded.cuts());
    }

    /** Where trained parts start and end, but for the end of the text. */
    private static int[] places(Script script) {
        return script.trained().stream().flatMapToInt(part -> IntStream.of(part.start(), part.end()))
                .filter(place -> place < script.text().length()).distinct().toArray();
    }

    private static Encoded masked(Script script, int[] ids, int[] places, List<Cut> cuts) {
        boolean[] mask = new boolean[ids.length];
        boolean merged = false;
        for (Span part : script.trained()) {
            Cut start = cuts.get(Arrays.binarySearch(places, part.start()));
            int to = ids.length;
            if (part.end() < script.text().length()) {
                Cut end = cuts.get(Arrays.binarySearch(places, part.end()));
                to = end.crossed() ? end.before() + 1 : end.before();
            }
            Arrays.fill(mask, start.before(), Math.max(start.before(), to), true);
            merged |= start.crossed();
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
}
