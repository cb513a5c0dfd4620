package dev.leeway.data;

import dev.leeway.LeewayException;
import java.util.Arrays;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What of a sequence is kept where it is too long.
 *
 * @param keep            {@code truncation_mode}: which end of a sequence that is longer than the maximum length
 * @param maxPromptLength {@code max_prompt_length}: tokens that the prompt may have; of a longer one the last are kept, behind its
 *                        begin-of-sequence if it has one. Empty = any number
 */
public record Truncation(Keep keep, Optional<Integer> maxPromptLength) {

    /** Keeps the start of sequences, and prompts of any length. */
    public static final Truncation KEEP_START = new Truncation(Keep.START, Optional.empty());

    /** Keeps sequences as they are: rows with one that is too long are left out. */
    public static final Truncation LEAVE_OUT = new Truncation(Keep.NOTHING, Optional.empty());

    /** The end that is kept. */
    public enum Keep {
        /** The first tokens. */
        START,
        /** The last tokens. */
        END,
        /** Neither: the row is left out. */
        NOTHING
    }

    /**
     * Checks the length.
     *
     * @throws LeewayException if no prompt could be that short
     */
    public Truncation {
        maxPromptLength.filter(length -> length < 1).ifPresent(length -> {
            throw LeewayException.usage("max_prompt_length must be positive; found %d", length);
        });
    }

    /** Token ids, and which of them are trained. */
    record Kept(int[] ids, boolean[] mask) {

        private Kept from(int start, int end) {
            boolean[] part = Arrays.copyOfRange(mask, start, end);
            if (part.length > 0) {
                part[0] = false; // nothing precedes it any more
            }
            return new Kept(Arrays.copyOfRange(ids, start, end), part);
        }
    }

    /**
     * What is left of a sequence that is kept; its first token is never trained.
     *
     * @param whole     the sequence
     * @param maxLength tokens that may be left, at least 2
     * @param begin     the begin-of-sequence token, if there is one
     */
    Kept of(Kept whole, int maxLength, OptionalInt begin) {
        Kept kept = maxPromptLength.map(length -> shortPrompt(whole, length, begin)).orElse(whole);
        int length = Math.min(kept.ids.length, maxLength);
        return length == kept.ids.length ? kept
                : keep == Keep.START ? kept.from(0, length) : kept.from(kept.ids.length - length, kept.ids.length);
    }

    private static Kept shortPrompt(Kept whole, int length, OptionalInt begin) {
        int prompt = 0;
        while (prompt < whole.mask.length && !whole.mask[prompt]) {
            prompt++;
        }
        if (prompt <= length) {
            return whole;
        }
        Kept kept = whole.from(prompt - length, whole.ids.length);
        if (begin.isPresent() && whole.ids[0] == begin.getAsInt()) {
            kept.ids[0] = begin.getAsInt();
        }
        return kept;
    }
}
