package dev.leeway.data;

import dev.leeway.model.Batch;
import dev.leeway.train.BatchSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.LongFunction;

/**
 * Streamed rows as the batches of a run: epoch after epoch, micro-batch after micro-batch; the last one of an epoch may be smaller. A
 * function of the step alone: a step that is not the next one is found by reading the data from its beginning, as a run does that goes on
 * from a checkpoint. Not for several threads at once; close it.
 */
public final class StreamBatches implements BatchSource, AutoCloseable {

    private final LongFunction<ExampleStream> open;
    private final EpochBatches.Steps steps;
    private final List<Integer> epochsBehind = new ArrayList<>();
    private long epoch;
    private Optional<ExampleStream> opened = Optional.empty();
    private Optional<Report> firstEpoch = Optional.empty();
    private List<Batch> latest = List.of();

    /**
     * Batches of a stream, which the first step opens.
     *
     * @param open  opens the rows of an epoch, counted from 0
     * @param steps how rows become steps; the number of epochs is not known and not read
     */
    public StreamBatches(LongFunction<ExampleStream> open, EpochBatches.Steps steps) {
        this.open = open;
        this.steps = steps;
    }

    @Override
    public List<Batch> step(int step) {
        if (step < epochsBehind.size() - 1) {
            restart();
        }
        while (epochsBehind.size() <= step) {
            latest = next();
            epochsBehind.add((int) epoch + (stream().hasNext() ? 0 : 1));
        }
        return latest;
    }

    /** Whole epochs: how much of the data a part of one is, only its end tells. */
    @Override
    public double epochs(int count) {
        return count == 0 || count > epochsBehind.size() ? 0 : epochsBehind.get(count - 1);
    }

    /** What became of the rows of the first epoch, as far as they were read; a run that goes on reads them again. */
    public Report report() {
        return firstEpoch.orElseGet(() -> stream().report());
    }

    /** The place of a row of the latest step in its file, {@code train.jsonl:118}. It is not kept: the epoch's rows are read again. */
    public String place(long unitId) {
        try (var again = open.apply(epoch)) {
            return again.place(unitId);
        }
    }

    private ExampleStream stream() {
        if (opened.isEmpty()) {
            opened = Optional.of(open.apply(epoch));
        }
        return opened.get();
    }

    private void restart() {
        close();
        epochsBehind.clear();
        epoch = 0;
    }

    private List<Batch> next() {
        if (!stream().hasNext()) {
            firstEpoch = Optional.of(report());
            close();
            epoch++;
        }
        var stream = stream();
        var micros = new ArrayList<Batch>();
        for (int micro = 0; micro < steps.accumulation() && stream.hasNext(); micro++) {
            var rows = new ArrayList<Example>();
            while (rows.size() < steps.batchSize() && stream.hasNext()) {
                rows.add(stream.next());
            }
            micros.add(Example.batch(rows));
        }
        return List.copyOf(micros);
    }

    @Override
    public void close() {
        opened.ifPresent(ExampleStream::close);
        opened = Optional.empty();
    }
}
