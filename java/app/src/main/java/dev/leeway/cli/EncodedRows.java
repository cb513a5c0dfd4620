package dev.leeway.cli;

import dev.leeway.data.Batching;
import dev.leeway.data.EpochBatches;
import dev.leeway.data.EpochBatches.Steps;
import dev.leeway.data.Order;
import dev.leeway.data.Packer;
import dev.leeway.data.Report;
import dev.leeway.data.RowOrder;
import dev.leeway.data.RowSet;
import dev.leeway.data.Unit;
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
 * @param batching how they become micro-batches
 * @param report what became of the rows
 * @param notes for people
 * @param places unit id → where the row is
 */
record EncodedRows(List<List<Unit>> bins, RowOrder order, Batching batching, Report report, List<Note> notes,
    LongFunction<String> places) implements TrainingRows {

    EncodedRows {
        bins = List.copyOf(bins);
        notes = List.copyOf(notes);
    }

    /** Rows as they were read, in an order that the seed decides. */
    static EncodedRows of(RowSet<? extends Unit> rows, Batching batching, long seed) {
        return new EncodedRows(rows.units().stream().map(List::<Unit>of).toList(), Order.shuffled(seed, rows.units().size()), batching,
            rows.report(), List.of(), id -> "row " + (id + 1));
    }

    /** The same with one more note. */
    EncodedRows with(Note note) {
        var all = new ArrayList<>(notes);
        all.add(note);
        return new EncodedRows(bins, order, batching, report, all, places);
    }

    private EpochBatches epochs(Steps steps) {
        return EpochBatches.packed(bins, order, steps).with(batching);
    }

    private List<Unit> units() {
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
        var cut = shortened(units(), length);
        var newBins = packed ? Packer.pack(cut, length).bins() : cut.stream().map(List::of).toList();
        return new EncodedRows(newBins, Order.shuffled(0, newBins.size()), batching.shortened(length), report, notes, places);
    }

    static List<Unit> shortened(List<Unit> rows, int length) {
        return rows.stream().map(row -> row.cut(length)).toList();
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
        return Fingerprint.of(units());
    }

    @Override
    public String place(long unitId) {
        return places.apply(unitId);
    }

    @Override
    public void requireIdsBelow(int vocabSize, String model) {
        requireIdsBelow(vocabSize, model, units(), places);
    }

    static void requireIdsBelow(int vocabSize, String model, List<? extends Unit> units, LongFunction<String> places) {
        for (var unit : units) {
            int largest = unit.sequences().stream().flatMapToInt(sequence -> Arrays.stream(sequence.tokens())).max().orElse(0);
            if (largest >= vocabSize) {
                throw TrainingRows.unknownId(places.apply(unit.unitId()), largest, vocabSize, model);
            }
        }
    }
}
