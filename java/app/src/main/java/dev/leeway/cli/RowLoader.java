package dev.leeway.cli;

import dev.leeway.data.Batching;
import dev.leeway.data.MixedOrder;
import dev.leeway.data.Mixture;
import dev.leeway.data.Order;
import dev.leeway.data.Packer;
import dev.leeway.data.Report;
import dev.leeway.data.RowOrder;
import dev.leeway.data.RowPlaces;
import dev.leeway.data.RowSet;
import dev.leeway.data.Split;
import dev.leeway.data.Unit;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.LongFunction;

/** From files to the rows of a run: read, partly set aside for evaluation, packed, mixed. */
final class RowLoader {

    private final Function<List<Path>, RowSet<? extends Unit>> read;
    private final Layout layout;
    private final List<Unit> aside = new ArrayList<>();
    private final List<List<Unit>> bins = new ArrayList<>();
    private final List<Integer> sizes = new ArrayList<>();
    private final List<TrainingRows.Note> notes = new ArrayList<>();
    private Optional<Report> report = Optional.empty();
    private long numbered;

    /**
     * How rows are laid out.
     *
     * @param capacity tokens of a bin; empty = rows are not packed
     * @param evalSplit share of the rows to set aside; empty = none
     * @param batching how rows become micro-batches
     * @param seed of what is drawn
     */
    record Layout(Optional<Integer> capacity, Optional<Double> evalSplit, Batching batching, long seed) {
    }

    /** {@code read} encodes files. */
    RowLoader(Function<List<Path>, RowSet<? extends Unit>> read, Layout layout) {
        this.read = read;
        this.layout = layout;
    }

    /** All rows of the files, in the order of the seed. */
    EncodedRows load(List<Path> files) {
        add(files);
        return rows(Order.shuffled(layout.seed(), bins.size()), places(files));
    }

    /** The rows of several sources in proportion; {@code files} are those of each source. */
    EncodedRows load(Mixture mixture, List<List<Path>> files) {
        files.forEach(this::add);
        var order = new MixedOrder(layout.seed(), sizes.stream().mapToInt(Integer::intValue).toArray(), mixture.shares());
        for (int i = 0; i < sizes.size(); i++) {
            notes.add(new TrainingRows.Note("mixture", String.format(Locale.ROOT, "%,d of %,d %s an epoch from %s", order.quota(i),
                sizes.get(i), layout.capacity().isPresent() ? "bins" : "rows", mixture.sources().get(i).name())));
        }
        return rows(order, places(files.stream().flatMap(List::stream).toList()));
    }

    /** The rows that were set aside. */
    List<Unit> aside() {
        return List.copyOf(aside);
    }

    private void add(List<Path> files) {
        add(read.apply(files));
    }

    private <U extends Unit> void add(RowSet<U> all) {
        var training = all;
        if (layout.evalSplit().isPresent()) {
            var parts = Split.of(all, layout.evalSplit().get(), layout.seed());
            training = parts.train();
            parts.validation().units().forEach(row -> aside.add(row.numbered(row.unitId() + numbered)));
        }
        var rows = training.units().stream().map(row -> row.numbered(row.unitId() + numbered)).toList();
        int before = bins.size();
        bins.addAll(packed(rows));
        sizes.add(bins.size() - before);
        var more = training.report();
        report = Optional.of(report.map(sum -> sum.plus(more)).orElse(more));
        numbered += all.report().rows();
    }

    private List<List<Unit>> packed(List<Unit> rows) {
        if (layout.capacity().isEmpty()) {
            return rows.stream().map(List::of).toList();
        }
        var packing = Packer.pack(rows, layout.capacity().get());
        notes.add(new TrainingRows.Note("packing", packing.summary()));
        return packing.bins();
    }

    private EncodedRows rows(RowOrder order, LongFunction<String> places) {
        return new EncodedRows(bins, order, layout.batching(), report.orElseThrow(), notes, places);
    }

    /** Plain text has no lines that are rows. */
    static LongFunction<String> places(List<Path> files) {
        return files.stream().anyMatch(TextRows::isPlain) ? id -> "row " + (id + 1) : new RowPlaces(files)::of;
    }
}
