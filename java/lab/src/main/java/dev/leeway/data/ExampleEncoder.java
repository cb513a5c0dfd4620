package dev.leeway.data;

import dev.leeway.LeewayException;
import dev.leeway.text.Tokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Rows to token ids, as TRL does it: prompt and completion are joined as they are and encoded as one text with the tokenizer's special
 * tokens, and the prompt is encoded once more by itself to see where the completion starts. (Encoded apart, a SentencePiece tokenizer would
 * put a space before the completion.) End-of-sequence follows if the text doesn't end with it.
 *
 * <p>Where a token reaches across the boundary, the prompt's ids are no prefix of the whole. TRL then still counts off as many tokens as
 * the prompt alone has, which can leave the start of the completion untrained; here training starts at the first token that differs.
 */
final class ExampleEncoder {

    /**
     * One row as ids.
     *
     * @param ids         the whole row
     * @param trainedFrom the first token of the completion
     * @param merged      whether a token reaches across the boundary of prompt and completion
     */
    record Encoded(int[] ids, int trainedFrom, boolean merged) {}

    private final Tokenizer tokenizer;
    private final int endOfSequence;

    ExampleEncoder(Tokenizer tokenizer) {
        this.tokenizer = tokenizer;
        this.endOfSequence = tokenizer.endOfSequence().orElseThrow(() -> LeewayException.data(
                "nothing beside %s names the end-of-sequence token that a row must end with; put \"eos_token\" into tokenizer_config.json",
                tokenizer.source()));
    }

    List<Encoded> encode(List<PromptCompletion> rows) {
        List<int[]> prompts = tokenizer.encodeBatch(rows.stream().map(PromptCompletion::prompt).toList(), true);
        List<int[]> whole = tokenizer.encodeBatch(rows.stream().map(row -> row.prompt() + row.completion()).toList(), true);
        List<Encoded> result = new ArrayList<>(rows.size());
        for (int i = 0; i < rows.size(); i++) {
            int common = commonPrefix(prompts.get(i), whole.get(i));
            boolean merged = common < prompts.get(i).length && !rows.get(i).prompt().isEmpty();
            result.add(new Encoded(withEnd(whole.get(i)), common, merged));
        }
        return result;
    }

    private int[] withEnd(int[] ids) {
        if (ids.length > 0 && ids[ids.length - 1] == endOfSequence) {
            return ids;
        }
        int[] ended = Arrays.copyOf(ids, ids.length + 1);
        ended[ids.length] = endOfSequence;
        return ended;
    }

    private static int commonPrefix(int[] a, int[] b) {
        int mismatch = Arrays.mismatch(a, b);
        return mismatch < 0 ? a.length : mismatch;
    }
}
