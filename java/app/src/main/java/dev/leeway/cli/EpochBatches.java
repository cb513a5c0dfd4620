package dev.leeway.cli;

import dev.leeway.data.Example;
import dev.leeway.data.Order;
import dev.leeway.model.Batch;
import dev.leeway.train.BatchSource;
import java.util.ArrayList;
import java.util.List;

/**
 * Encoded rows as the batches of a run: every epoch visits each row once, in an order of its own; the last step of an epoch, and its last
 * micro-batch, may be smaller than the others. A pure function of the step.
 */
final class EpochBatches implements BatchSource {

    private final List<Example> examples;
    private final Order order;
    private final Recipe.Steps steps;

    EpochBatches(List<Example> examples, Order order, Recipe.Steps steps) {
        this.examples = examples;
        this.order = order;
        this.steps = steps;
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

    /** Tokens of the largest micro-batch of the run, which memory is planned for. */
    int largestMicroBatch(int totalSteps) {
        int largest = 0;
        for (int step = 0; step < totalSteps; step++) {
            for (var rows : rows(step)) {
                largest = Math.max(largest, rows.stream().mapToInt(Example::length).sum());
            }
        }
        return largest;
    }

    /** The rows of a step, one list a micro-batch. */
    private List<List<Example>> rows(int step) {
        int perEpoch = steps.perEpoch(examples.size());
        long epoch = step / perEpoch;
        long rowsOfStep = (long) steps.batchSize() * steps.accumulation();
        int first = Math.toIntExact(step % perEpoch * rowsOfStep);
        int last = (int) Math.min(examples.size(), first + rowsOfStep);
        var micros = new ArrayList<List<Example>>();
        for (int from = first; from < last; from += steps.batchSize()) {
            var micro = new ArrayList<Example>();
            for (int i = from; i < Math.min(last, from + steps.batchSize()); i++) {
                micro.add(examples.get(order.row(epoch, i)));
            }
            micros.add(micro);
        }
        return micros;
    }
}
