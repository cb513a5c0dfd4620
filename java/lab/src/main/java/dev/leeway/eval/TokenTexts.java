package dev.leeway.eval;

import dev.leeway.text.Tokenizer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * What each token of a vocabulary decodes to by itself. Special tokens decode to their names; half a character decodes to U+FFFD, as with
 * Hugging Face.
 *
 * @param texts by id; ids that name no token have an empty one
 */
public record TokenTexts(List<String> texts) {

    /** Takes a copy. */
    public TokenTexts {
        texts = List.copyOf(texts);
    }

    /**
     * Decoded on all cores.
     *
     * @param ids how many, from 0: what the model's head gives, or the tokenizer's size
     */
    public static TokenTexts of(Tokenizer tokenizer, int ids) {
        return new TokenTexts(IntStream.range(0, ids).parallel()
            .mapToObj(id -> tokenizer.decode(new int[] {id}, false)).toList());
    }

    /** The lowest id of each text, in the order of ids; a text is there once, and none is empty. */
    public SequencedMap<String, Integer> distinct() {
        var first = new LinkedHashMap<String, Integer>();
        for (int id = 0; id < texts.size(); id++) {
            if (!texts.get(id).isEmpty()) {
                first.putIfAbsent(texts.get(id), id);
            }
        }
        return first;
    }

    /**
     * Log-probs of tokens by their texts: of tokens with the same text the most probable one's.
     *
     * @param logProbs by id, one a text
     * @param wanted the only texts that are wanted; empty = all
     */
    public Response.Distribution distribution(double[] logProbs, Set<String> wanted) {
        if (logProbs.length != texts.size()) {
            throw new IllegalArgumentException(logProbs.length + " log-probs for " + texts.size() + " tokens");
        }
        var best = new LinkedHashMap<String, Double>();
        for (int id = 0; id < texts.size(); id++) {
            var text = texts.get(id);
            if (!text.isEmpty() && (wanted.isEmpty() || wanted.contains(text))) {
                best.merge(text, logProbs[id], Math::max);
            }
        }
        return new Response.Distribution(best);
    }
}
