package dev.leeway.rollout;

import dev.leeway.LeewayException;
import dev.leeway.model.Llama;
import java.util.List;
import java.util.function.ToIntFunction;

/**
 * How sequences are laid out in forward passes: neighbours together, as many as fit.
 *
 * @param model the model
 * @param rows tokens that a pass takes
 * @param sequences sequences that it takes
 */
record Passes(Llama model, int rows, int sequences) {

    /** Tokens of the longest sequence that can be scored. */
    int longest() {
        return Math.min(rows, model.positions());
    }

    /** The items of the pass that begins with number {@code from}; each has at most {@link #longest} tokens. */
    <T> List<T> next(List<T> items, int from, ToIntFunction<T> length) {
        int to = from;
        for (int room = rows; to < items.size() && to - from < sequences && length.applyAsInt(items.get(to)) <= room; to++) {
            room -= length.applyAsInt(items.get(to));
        }
        return items.subList(from, to);
    }

    /**
     * Refuses ids that the model has no embedding for. Here and not in the model, whose names of rows are those of the data it is trained
     * on.
     *
     * @param index of the item, from 0
     * @param first number of the first of the tokens in it, from 1
     */
    void requireTokens(int index, int[] tokens, int first) {
        int vocabulary = model.config().vocabSize();
        for (int t = 0; t < tokens.length; t++) {
            if (tokens[t] < 0 || tokens[t] >= vocabulary) {
                throw LeewayException.data("item %d, token %d: id %d is outside the model's vocabulary of %d; the tokenizer and the model "
                    + "do not belong together", index + 1, first + t, tokens[t], vocabulary);
            }
        }
    }
}
