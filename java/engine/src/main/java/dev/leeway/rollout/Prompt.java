package dev.leeway.rollout;

import dev.leeway.LeewayException;
import java.util.Arrays;
import java.util.stream.LongStream;

/**
 * A prompt and the completions that are wanted of it. It is read once for all of them, and they share its place in the key/value cache.
 *
 * @param tokens at least one
 * @param streams the stream of random numbers of each completion: what a completion becomes depends on (seed, stream, position) and the
 *     prompt alone. Different ones, since equal ones would give the same completion
 */
public record Prompt(int[] tokens, long[] streams) {

    /** Checks the streams; the tokens are checked by whom they are given to, who can say where they stand. */
    public Prompt {
        if (streams.length == 0) {
            throw LeewayException.usage("a prompt of %d tokens wants no completion; name at least one stream", tokens.length);
        }
        var sorted = streams.clone();
        Arrays.sort(sorted);
        for (int i = 1; i < sorted.length; i++) {
            if (sorted[i - 1] == sorted[i]) {
                throw LeewayException.usage("stream %d occurs twice among a prompt's %d streams, so two completions would be the same; "
                    + "number them", sorted[i], sorted.length);
            }
        }
    }

    /** A prompt with completions of the streams {@code first .. first+count-1}. */
    public static Prompt group(int[] tokens, long first, int count) {
        return new Prompt(tokens, LongStream.range(first, first + count).toArray());
    }

    /** A prompt with one completion. */
    public static Prompt single(int[] tokens, long stream) {
        return new Prompt(tokens, new long[] {stream});
    }
}
