package dev.leeway.data;

/**
 * The order in which training visits rows: every epoch visits each row once. A pure function of seed, epoch and index, so a run that
 * goes on from a cursor visits what it would have visited. Any number of threads may use one order.
 */
public final class Order implements RowOrder {

    private final long seed;
    private final int rows;
    private final boolean shuffle;
    private volatile Epoch latest;

    /** The rows of one epoch, in order. */
    private record Epoch(long number, int[] rows) {}

    private Order(long seed, int rows, boolean shuffle) {
        if (rows < 1) {
            throw new IllegalArgumentException("an order needs rows, found " + rows);
        }
        this.seed = seed;
        this.rows = rows;
        this.shuffle = shuffle;
        this.latest = arrange(0);
    }

    /** A new permutation of all rows in every epoch, decided by the seed. */
    public static Order shuffled(long seed, int rows) {
        return new Order(seed, rows, true);
    }

    /** The order of the data set, the same in every epoch. */
    public static Order sequential(int rows) {
        return new Order(0, rows, false);
    }

    @Override
    public int rows() {
        return rows;
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

    /** The row at a position counted through all epochs, as a training cursor does. */
    public int rowAt(long position) {
        return row(position / rows, (int) (position % rows));
    }

    /** Fisher–Yates, drawing from the epoch's own stream. */
    private Epoch arrange(long epoch) {
        int[] order = new int[rows];
        var draws = new Draws(seed, epoch);
        for (int i = 0; i < rows; i++) {
            int swap = shuffle ? draws.below(i + 1) : i;
            order[i] = order[swap];
            order[swap] = i;
        }
        return new Epoch(epoch, order);
    }
}
