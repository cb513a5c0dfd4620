package dev.leeway.cli;

import dev.leeway.LeewayException;
import dev.leeway.data.EpochBatches.Steps;
import dev.leeway.data.ExampleStream;
import dev.leeway.data.Report;
import dev.leeway.data.StreamBatches;
import dev.leeway.model.Batch;
import dev.leeway.train.BatchSource;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.LongFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Rows that are read while the run goes on, and never all in memory. */
final class StreamedRows implements TrainingRows {

    private final LongFunction<ExampleStream> open;
    private final List<Path> files;
    private final String encoding;
    private final int maxLength;
    private final List<Note> notes;
    private Optional<StreamBatches> batches = Optional.empty();
    private int knownIds = Integer.MAX_VALUE;
    private String model = "";

    /**
     * Rows that are not opened yet.
     *
     * @param open opens an epoch
     * @param files that it reads
     * @param encoding tells how they are encoded from how else they could be
     * @param maxLength tokens that no row exceeds
     * @param notes for people
     */
    StreamedRows(LongFunction<ExampleStream> open, List<Path> files, String encoding, int maxLength, List<Note> notes) {
        this.open = open;
        this.files = List.copyOf(files);
        this.encoding = encoding;
        this.maxLength = maxLength;
        this.notes = List.copyOf(notes);
    }

    @Override
    public BatchSource batches(Steps steps) {
        close();
        var opened = new StreamBatches(open, steps);
        batches = Optional.of(opened);
        return new BatchSource() {
            @Override
            public List<Batch> step(int step) {
                var micros = opened.step(step);
                micros.forEach(StreamedRows.this::requireKnown);
                return micros;
            }

            @Override
            public double epochs(int steps) {
                return opened.epochs(steps);
            }
        };
    }

    private void requireKnown(Batch batch) {
        for (int s = 0; s < batch.sequences(); s++) {
            int largest = IntStream.range(batch.sequenceStarts()[s], batch.sequenceStarts()[s + 1]).map(n -> batch.tokens()[n]).max()
                .orElse(0);
            if (largest >= knownIds) {
                throw TrainingRows.unknownId(place(batch.unitIds()[s]), largest, knownIds, model);
            }
        }
    }

    @Override
    public Extent extent(Steps steps) {
        long tokens = (long) maxLength * steps.batchSize();
        if (tokens > Integer.MAX_VALUE) {
            throw LeewayException.resources("a micro-batch of %d rows may have %d tokens, more than fit into one; lower "
                + "per_device_train_batch_size", steps.batchSize(), tokens);
        }
        return new Extent(maxLength, (int) tokens, steps.batchSize());
    }

    @Override
    public TrainingRows shortened(int length) {
        return new StreamedRows(open, files, encoding, Math.min(length, maxLength), notes);
    }

    @Override
    public int totalSteps(Steps steps) {
        return steps.maxSteps();
    }

    @Override
    public OptionalInt stepsPerEpoch(Steps steps) {
        return OptionalInt.empty();
    }

    @Override
    public Report report() {
        return batches.orElseThrow(StreamedRows::nothingRead).report();
    }

    @Override
    public String summary() {
        return "streamed from " + files.stream().map(Path::toString).collect(Collectors.joining(", "));
    }

    @Override
    public Optional<String> found() {
        return Optional.of("streamed in the first epoch: " + report().summary());
    }

    @Override
    public List<Note> notes() {
        return notes;
    }

    @Override
    public String fingerprint() {
        return Fingerprint.of(Fingerprint.ofFiles(files) + encoding);
    }

    @Override
    public String place(long unitId) {
        return batches.map(opened -> opened.place(unitId)).orElseThrow(StreamedRows::nothingRead);
    }

    private static IllegalStateException nothingRead() {
        return new IllegalStateException("nothing was read yet");
    }

    @Override
    public void requireIdsBelow(int vocabSize, String name) {
        knownIds = vocabSize;
        model = name;
    }

    @Override
    public void close() {
        batches.ifPresent(StreamBatches::close);
    }
}
