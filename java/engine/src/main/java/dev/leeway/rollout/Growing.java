package dev.leeway.rollout;

import java.util.Arrays;

/** A completion on its way: its prompt, what was drawn, and the lane where it grows if it has one. */
final class Growing {

    /** The lane of what has none. */
    static final int NO_LANE = -1;

    private final int prompt;
    private final int number;
    private final long stream;
    private final int[] promptTokens;
    private final int[] tokens;
    private final float[] logProbs;
    private final float[] entropies;
    private int drawn;
    private int lane = NO_LANE;
    private Growing ahead = this;

    /** Completion number {@code number} of prompt number {@code prompt}, which is {@code from}; at most {@code most} tokens are drawn. */
    Growing(int prompt, int number, Prompt from, int most) {
        this.prompt = prompt;
        this.number = number;
        stream = from.streams()[number];
        promptTokens = from.tokens();
        tokens = new int[most];
        logProbs = new float[most];
        entropies = new float[most];
    }

    int prompt() {
        return prompt;
    }

    int number() {
        return number;
    }

    long stream() {
        return stream;
    }

    int[] promptTokens() {
        return promptTokens;
    }

    /** What was drawn; the first {@link #drawn} are. */
    int[] tokens() {
        return tokens;
    }

    int drawn() {
        return drawn;
    }

    /** Tokens that are known, of the prompt and behind it: when all are read, the next one is drawn. */
    int known() {
        return promptTokens.length + drawn;
    }

    boolean isFull() {
        return drawn == tokens.length;
    }

    int lane() {
        return lane;
    }

    /** The one whose reading of the prompt it waits for; itself where it waits for nobody. */
    Growing ahead() {
        return ahead;
    }

    boolean isWaiting() {
        return ahead != this;
    }

    void grow(int newLane, Growing newAhead) {
        lane = newLane;
        ahead = newAhead;
    }

    void take(int token, float logProb, float entropy) {
        tokens[drawn] = token;
        logProbs[drawn] = logProb;
        entropies[drawn++] = entropy;
    }

    Completion completion(Completion.Finish reason) {
        return isFull() ? new Completion(tokens, logProbs, entropies, reason)
            : new Completion(Arrays.copyOf(tokens, drawn), Arrays.copyOf(logProbs, drawn), Arrays.copyOf(entropies, drawn), reason);
    }
}
