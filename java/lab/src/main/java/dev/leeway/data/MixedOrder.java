package dev.leeway.data;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The order in which training visits rows of several sources that it takes in given proportions. An epoch ends where the first source would
 * have to repeat a row; the others go on in the next epoch where they stopped, and each source is shuffled anew whenever all of it was
 * seen. A pure function of seed, epoch and index, as {@link Order} is.
 */
public final class MixedOrder implements RowOrder {

    private final long seed;
    private final int[] quotas;
    private final int[] firstRows;
    private final List<Order> orders;
    private final int rows;
    private volatile Epoch latest;

    /** Which row stands where in one epoch. */
    private record Epoch(long number, int[] rows) {}

    /**
     * An order of the rows of several sources.
     *
     * @param seed   of every shuffle
     * @param sizes  rows of each source; the sources' rows are counted one source after the other
     * @param shares of an epoch's rows, one for each source; they add up to 1
     */
    public MixedOrder(long seed, int[] sizes, double[] shares) {
        if (sizes.length == 0 || sizes.length != shares.length || IntStream.of(sizes).anyMatch(size -> size < 1)) {
            throw new IllegalArgumentException("a mixed order needs rows in every source and a share for each");
        }
        this.seed = seed;
        this.quotas = quotas(sizes, shares);
        this.rows = IntStream.of(quotas).sum();
        this.firstRows = new int[sizes.length];
        this.orders = new ArrayList<>();
        for (int source = 0; source < sizes.length; source++) {
            firstRows[source] = source == 0 ? 0 : firstRows[source - 1] + sizes[source - 1];
            orders.add(Order.shuffled(new Draws(seed, -1 - source).next(), sizes[source]));
        }
        this.latest = arrange(0);
    }

    @Override
    public int rows() {
        return rows;
    }

    /** How many rows of a source an epoch visits. */
    public int quota(int source) {
        return quotas[source];
    }

    @Override
    public int row(long epoch, int index) {
        Epoch wanted = latest;
        if (wanted.number != epoch) {
            wanted = arrange(epoch);
            latest = wanted;
        }
        return wanted.rows[index];
    }

    /** Whole rows in proportion, at least one of each source, no more than it has. */
    private static int[] quotas(int[] sizes, double[] shares) {
        double epoch = IntStream.range(0, sizes.length).mapToDouble(i -> sizes[i] / shares[i]).min().orElseThrow();
        return IntStream.range(0, sizes.length)
                .map(i -> (int) Math.clamp(Math.round(epoch * shares[i]), 1, (long) sizes[i])).toArray();
    }

    /** The sources' next rows, interleaved by a shuffle of the quotas. */
    private Epoch arrange(long epoch) {
        int[] sources = new int[rows];
        var draws = new Draws(seed, epoch);
        int filled = 0;
        for (int source = 0; source < quotas.length; source++) {
            for (int i = 0; i < quotas[source]; i++, filled++) {
                int swap = draws.below(filled + 1);
                sources[filled] = sources[swap];
                sources[swap] = source;
            }
        }
        long[] cursors = new long[quotas.length];
        int[] order = new int[rows];
        for (int i = 0; i < rows; i++) {
            int source = sources[i];
            order[i] = firstRows[source] + orders.get(source).rowAt(epoch * quotas[source] + cursors[source]++);
        }
        return new Epoch(epoch, order);
    }
}
