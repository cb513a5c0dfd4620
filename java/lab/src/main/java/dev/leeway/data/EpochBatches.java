package dev.leeway.data;

import dev.leeway.LeewayException;
import dev.leeway.model.Batch;
import dev.leeway.train.BatchSource;
import java.util.ArrayList;
import java.util.List;

/**
 * Encoded rows as the batches of a run: every epoch visits them in an order of its own; the last step of an epoch, and its last
 * micro-batch, may be smaller than the others. A pure function of the step. What counts as a row is one example, or a bin of several
 * (see {@link Packer}), whose examples stay sequences of their own.
 */
public final class EpochBatches implements BatchSource {

    /**
     * How rows become optimiser steps, by the arithmetic of transformers' {@code Trainer}.
     *
     * @param batchSize rows of a micro-batch
     * @param accumulation micro-batches of a step
     * @param epochs passes over the data, fractions allowed
     * @param maxSteps steps of the run; −1 = as many as the epochs have
     */
    public record Steps(int batchSize, int accumulation, double epochs, int maxSteps) {

        /** Steps of an epoch; its last one may be smaller than the others. */
        public int perEpoch(int rows) {
            long rowsOfStep = (long) batchSize * accumulation;
            return Math.toIntExact((rows + rowsOfStep - 1) / rowsOfStep);
        }

        /** Steps of the run; more than an int can count are refused. */
        public int total(int rows) {
            double total = maxSteps > 0 ? maxSteps : Math.ceil(epochs * perEpoch(rows));
            if (!(total <= Integer.MAX_VALUE)) {
                throw LeewayException.usage("%s epochs of %d steps are more steps than can be counted; lower num_train_epochs", epochs,
                    perEpoch(rows));
            }
            return (int) total;
        }

        /** Rows of the largest micro-batch, of so many rows in all. */
        public int largestMicroBatch(int rows) {
            return Math.min(batchSize, rows);
        }
    }

    private final List<List<Unit>> bins;
    private final RowOrder order;
    private final Steps steps;
    private final Batching batching;

    private EpochBatches(Steps steps, List<List<Unit>> bins, RowOrder order, Batching batching) {
        this.bins = List.copyOf(bins);
        this.order = order;
        this.steps = steps;
        this.batching = batching;
    }

    /** The batches of these rows, visited in that order. */
    public EpochBatches(List<? extends Unit> rows, RowOrder order, Steps steps) {
        this(steps, rows.stream().map(List::<Unit>of).toList(), order, Batching.PLAIN);
    }

    /** The batches of bins that count as one row each; the order is one of bins. */
    public static EpochBatches packed(List<List<Unit>> bins, RowOrder order, Steps steps) {
        return new EpochBatches(steps, bins, order, Batching.PLAIN);
    }

    /** Batches of so many rows, one a step, in an order that the seed decides. */
    public static EpochBatches shuffled(List<? extends Unit> rows, int batchSize, long seed) {
        return new EpochBatches(rows, Order.shuffled(seed, rows.size()), new Steps(batchSize, 1, 1, -1));
    }

    /** The same with micro-batches made in another way. */
    public EpochBatches with(Batching other) {
        return new EpochBatches(steps, bins, order, other);
    }

    @Override
    public List<Batch> step(int step) {
        return batching.batches(units(step));
    }

    @Override
    public double epochs(int count) {
        return (double) count / stepsPerEpoch();
    }

    /** Steps of an epoch. */
    public int stepsPerEpoch() {
        return steps.perEpoch(order.rows());
    }

    /** Steps of the run. */
    public int totalSteps() {
        return steps.total(order.rows());
    }

    /** Tokens that no micro-batch exceeds in whatever order, those of the longest rows; memory is planned for them. */
    public int mostTokens() {
        long most = batching.mostTokens(bins, steps.largestMicroBatch(order.rows()));
        if (most > Integer.MAX_VALUE) {
            throw LeewayException.resources("a micro-batch of %d rows may have %d tokens, more than fit into one; lower "
                + "per_device_train_batch_size", steps.largestMicroBatch(bins.size()), most);
        }
        return (int) most;
    }

    /** Sequences that no micro-batch exceeds. */
    public int mostSequences() {
        return Math.toIntExact(batching.mostSequences(bins, steps.largestMicroBatch(order.rows())));
    }

    /** Tokens of the longest sequence. */
    public int longest() {
        return batching.longest(bins);
    }

    /** The units of a step, one list a micro-batch. */
    private List<List<Unit>> units(int step) {
        int perEpoch = stepsPerEpoch();
        long epoch = step / perEpoch;
        long rowsOfStep = (long) steps.batchSize() * steps.accumulation();
        int first = Math.toIntExact(step % perEpoch * rowsOfStep);
        int last = (int) Math.min(order.rows(), first + rowsOfStep);
        var micros = new ArrayList<List<Unit>>();
        int size = steps.largestMicroBatch(order.rows());
        for (int from = first; from < last; from += size) {
            var micro = new ArrayList<Unit>();
            for (int i = from; i < Math.min(last, from + size); i++) {
                micro.addAll(bins.get(order.row(epoch, i)));
            }
            micros.add(micro);
        }
        return micros;
    }
}
