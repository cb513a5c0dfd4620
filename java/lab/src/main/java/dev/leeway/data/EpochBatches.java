package dev.leeway.data;

import dev.leeway.LeewayException;
import dev.leeway.model.Batch;
import dev.leeway.train.BatchSource;
import java.util.ArrayList;
import java.util.List;

/**
 * Encoded rows as the batches of a run: every epoch visits each row once, in an order of its own; the last step of an epoch, and its last
 * micro-batch, may be smaller than the others. A pure function of the step.
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

    private final List<Example> examples;
    private final Order order;
    private final Steps steps;

    /** The batches of these rows, visited in that order. */
    public EpochBatches(List<Example> examples, Order order, Steps steps) {
        this.examples = List.copyOf(examples);
        this.order = order;
        this.steps = steps;
    }

    /** Batches of so many rows, one a step, in an order that the seed decides. */
    public static EpochBatches shuffled(List<Example> examples, int batchSize, long seed) {
        return new EpochBatches(examples, Order.shuffled(seed, examples.size()), new Steps(batchSize, 1, 1, -1));
    }

    @Override
    public List<Batch> step(int step) {
        var micros = new ArrayList<Batch>();
        for (var rows : rows(step)) {
            micros.add(Batch.of(rows.stream().map(row -> new Batch.Sequence(row.tokens(), row.mask(), row.unitId())).toList()));
        }
        return micros;
    }

    @Override
    public double epochs(int count) {
        return (double) count / steps.perEpoch(examples.size());
    }

    /** Tokens that no micro-batch exceeds in whatever order, those of the longest rows; memory is planned for them. */
    public int mostTokens() {
        long most = examples.stream().mapToInt(Example::length).sorted().skip(examples.size() - steps.largestMicroBatch(examples.size()))
            .asLongStream().sum();
        if (most > Integer.MAX_VALUE) {
            throw LeewayException.resources("a micro-batch of %d rows may have %d tokens, more than fit into one; lower "
                + "per_device_train_batch_size", steps.largestMicroBatch(examples.size()), most);
        }
        return (int) most;
    }

    /** The rows of a step, one list a micro-batch. */
    private List<List<Example>> rows(int step) {
        int perEpoch = steps.perEpoch(examples.size());
        long epoch = step / perEpoch;
        long rowsOfStep = (long) steps.batchSize() * steps.accumulation();
        int first = Math.toIntExact(step % perEpoch * rowsOfStep);
        int last = (int) Math.min(examples.size(), first + rowsOfStep);
        var micros = new ArrayList<List<Example>>();
        int size = steps.largestMicroBatch(examples.size());
        for (int from = first; from < last; from += size) {
            var micro = new ArrayList<Example>();
            for (int i = from; i < Math.min(last, from + size); i++) {
                micro.add(examples.get(order.row(epoch, i)));
            }
            micros.add(micro);
        }
        return micros;
    }
}
