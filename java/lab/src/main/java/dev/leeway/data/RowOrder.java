package dev.leeway.data;

/** In which order training visits what it trains on: a pure function of epoch and index. Any number of threads may use one order. */
public sealed interface RowOrder permits Order, MixedOrder {

    /** How many rows an epoch visits. */
    int rows();

    /** The row at {@code index} of an epoch; all count from 0. Fast while the epoch stays the same. */
    int row(long epoch, int index);
}
