package dev.leeway.data;

import dev.leeway.LeewayException;
import java.util.Locale;
import java.util.OptionalLong;

/**
 * Which row gets which paraphrase of a pool: in rounds in which each of them comes once. So of any number of rows no paraphrase has more
 * than one more than another, and which one a row gets depends on its number alone.
 *
 * @param seed     decides the order of every round; without one it is the pool's: row i gets number i mod n
 * @param mostUses how often each paraphrase may come; {@link #ANY_NUMBER} for no limit
 */
public record PromptAssignment(OptionalLong seed, int mostUses) {

    /** No limit. */
    public static final int ANY_NUMBER = Integer.MAX_VALUE;

    /** Row i gets paraphrase i mod n, however often that is. */
    public static final PromptAssignment IN_TURN = new PromptAssignment(OptionalLong.empty(), ANY_NUMBER);

    /**
     * Checks the limit.
     *
     * @throws LeewayException if it lets no row have a prompt
     */
    public PromptAssignment {
        if (mostUses < 1) {
            throw LeewayException.usage("a paraphrase must be allowed for at least 1 row; found %d", mostUses);
        }
    }

    /** In an order that the seed decides, another one in every round. */
    public static PromptAssignment seeded(long seed) {
        return new PromptAssignment(OptionalLong.of(seed), ANY_NUMBER);
    }

    /** The same with a limit to how often each paraphrase may come. */
    public PromptAssignment atMost(int uses) {
        return new PromptAssignment(seed, uses);
    }

    /** For people: {@code i mod n, each at most 2 times}. */
    public String summary() {
        String order = seed.isPresent() ? "shuffled by seed " + seed.getAsLong() : "i mod n";
        return mostUses == ANY_NUMBER ? order : String.format(Locale.ROOT, "%s, each at most %,d times", order, mostUses);
    }

    /** Which of {@code size} paraphrases a row gets. */
    int place(String arm, long row, int size) {
        if (row / size >= mostUses) {
            throw exhausted(arm, "row " + (row + 1), size);
        }
        int turn = (int) (row % size);
        return seed.isPresent() ? shuffled(row / size, turn, size) : turn;
    }

    /** Before the first row: whether there are enough for all. */
    void requireEnough(String arm, long rows, int size) {
        if ((rows + size - 1) / size > mostUses) {
            throw exhausted(arm, String.format(Locale.ROOT, "%,d rows", rows), size);
        }
    }

    private LeewayException exhausted(String arm, String wanted, int size) {
        return LeewayException.data("prompt arm '%s' has %,d paraphrases of which each may come %,d times, enough for %,d rows, and %s"
                + " came; add paraphrases, raise the limit, or take fewer rows", arm, size, mostUses, (long) size * mostUses, wanted);
    }

    /** The same permutation as {@link Order}'s, of which only one element is kept. */
    private int shuffled(long round, int turn, int size) {
        return Order.shuffled(seed.orElseThrow(), size).row(round, turn);
    }
}
