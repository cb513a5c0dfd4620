package dev.leeway.cli;

import dev.leeway.data.Dataset;
import dev.leeway.data.EpochBatches;
import dev.leeway.data.EpochBatches.Steps;
import dev.leeway.data.Example;
import dev.leeway.data.Order;
import dev.leeway.data.Packer;
import dev.leeway.data.Report;
import dev.leeway.data.RowOrder;
import dev.leeway.train.BatchSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.function.LongFunction;

/**
 * Rows that are in memory.
 *
 * @param bins what counts as a row of a batch: one example, or several that are packed
 * @param order in which an epoch visits the bins
 * @param report what became of the rows
 * @param notes for people
 * @param places unit id → where the row is
 */
record EncodedRows(List<List<Example>> bins, RowOrder order, Report report, List<Note> notes, LongFunction<String> places)
    implements TrainingRows {

    EncodedRows {
        bins = List.copyOf(bins);
        notes = List.copyOf(notes);
    }

    /** Rows as they were read, in an order that the seed decides. */
    static EncodedRows of(Dataset rows, long seed) {
        return new EncodedRows(rows.examples().stream().map(List::of).toList(), Order.shuffled(seed, rows.examples().size()),
            rows.report(), List.of(), id -> "row " + (id + 1));
    }

    /** The same with one more note. */
    EncodedRows with(Note note) {
        var all = new ArrayList<>(notes);
        all.add(note);
        return new EncodedRows(bins, order, report, all, places);
    }

    private EpochBatches epochs(Steps steps) {
        return EpochBatches.packed(bins, order, steps);
    }

    private List<Example> examples() {
        return bins.stream().flatMap(List::stream).toList();
    }

    @Override
    public BatchSource batches(Steps steps) {
        return epochs(steps);
    }

    @Override
    public Extent extent(Steps steps) {
        var epochs = epochs(steps);
        return new Extent(epochs.longest(), epochs.mostTokens(), epochs.mostSequences());
    }

    /** Bins of several rows are packed anew. */
    @Override
    public TrainingRows shortened(int length) {
        boolean packed = bins.stream().anyMatch(bin -> bin.size() > 1);
        var cut = shortened(examples(), length);
        var newBins = packed ? Packer.pack(cut, length).bins() : cut.stream().map(List::of).toList();
        return new EncodedRows(newBins, Order.shuffled(0, newBins.size()), report, notes, places);
    }

    static List<Example> shortened(List<Example> rows, int length) {
        return rows.stream().map(row -> row.length() <= length ? row
            : new Example(Arrays.copyOf(row.tokens(), length), Arrays.copyOf(row.mask(), length), row.unitId())).toList();
    }

    @Override
    public int totalSteps(Steps steps) {
        return epochs(steps).totalSteps();
    }

    @Override
    public OptionalInt stepsPerEpoch(Steps steps) {
        return OptionalInt.of(epochs(steps).stepsPerEpoch());
    }

    @Override
    public String summary() {
        return report.summary();
    }

    @Override
    public String fingerprint() {
        return Fingerprint.of(examples());
    }

    @Override
    public String place(long unitId) {
        return places.apply(unitId);
    }

    @Override
    public void requireIdsBelow(int vocabSize, String model) {
        requireIdsBelow(vocabSize, model, examples(), places);
    }

    static void requireIdsBelow(int vocabSize, String model, List<Example> examples, LongFunction<String> places) {
        for (var example : examples) {
            int largest = Arrays.stream(example.tokens()).max().orElse(0);
            if (largest >= vocabSize) {
                throw TrainingRows.unknownId(places.apply(example.unitId()), largest, vocabSize, model);
            }
        }
    }
}
