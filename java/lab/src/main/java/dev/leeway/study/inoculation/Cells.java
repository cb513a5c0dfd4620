package dev.leeway.study.inoculation;

import dev.leeway.stats.Interval;
import dev.leeway.stats.PairedRuns;
import dev.leeway.stats.Proportion;
import dev.leeway.stats.Sample;
import dev.leeway.study.Contrast.Cell;
import dev.leeway.study.Contrast.Part;
import dev.leeway.study.Examiner.Outcome;
import dev.leeway.study.Plan;
import dev.leeway.study.StudyResults;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.IntStream;
import tools.jackson.databind.node.ObjectNode;

/** What arms' last models got, by seed and item. */
final class Cells {

    private static final double LEVEL = 0.95;

    /** By arm and exam: a list a seed. */
    private final BiFunction<String, String, List<List<Outcome>>> taken;

    Cells(BiFunction<String, String, List<List<Outcome>>> taken) {
        this.taken = taken;
    }

    /** Those of a study's last models. */
    static Cells of(StudyResults results) {
        var outcomes = new HashMap<String, List<Outcome>>();
        results.outcomes().forEach((sitting, got) -> {
            if (sitting.step() < 0) {
                outcomes.put(sitting.node().hash() + sitting.exam().name(), got);
            }
        });
        return new Cells((arm, exam) -> results.plan().replications().stream().filter(one -> one.arm().name().equals(arm))
            .map(Plan.Replication::last).map(node -> outcomes.get(node.hash() + exam)).filter(got -> got != null).toList());
    }

    /** The outcomes of an arm's last model for each seed; none where it didn't take the exam. */
    List<List<Outcome>> of(String arm, String exam) {
        return taken.apply(arm, exam);
    }

    /** (seeds)(items): the weighted sum of cells over the items that all of them have; empty where one has none. */
    Optional<PairedRuns> sum(List<Part> parts) {
        return mean(List.of(parts), DoubleUnaryOperator.identity());
    }

    /**
     * (seeds)(items): the mean over several weighted sums of what a function makes of each, over the items that all cells have; empty
     * where a cell has none, or where there are no sums.
     */
    Optional<PairedRuns> mean(List<List<Part>> sums, DoubleUnaryOperator of) {
        var values = new HashMap<Cell, List<Map<String, Double>>>();
        sums.forEach(parts -> parts.forEach(part -> values.computeIfAbsent(part.cell(), cell -> of(cell.arm(), cell.exam()).stream()
            .map(cell::values).toList())));
        int seeds = values.values().stream().mapToInt(List::size).min().orElse(0);
        if (seeds == 0) {
            return Optional.empty();
        }
        var items = new LinkedHashSet<>(values.get(sums.getFirst().getFirst().cell()).getFirst().keySet());
        values.values().forEach(ofSeeds -> ofSeeds.forEach(one -> items.retainAll(one.keySet())));
        var means = IntStream.range(0, seeds).mapToObj(seed -> items.stream().mapToDouble(item -> sums.stream().mapToDouble(parts ->
            of.applyAsDouble(parts.stream().mapToDouble(part -> part.weight() * values.get(part.cell()).get(seed).get(item)).sum()))
            .average().orElseThrow()).toArray()).toArray(double[][]::new);
        return items.isEmpty() ? Optional.empty() : Optional.of(new PairedRuns(means, 0));
    }

    /** One cell by itself. */
    Optional<PairedRuns> sum(Cell cell) {
        return sum(List.of(new Part(1, cell)));
    }

    /** What a cell has more than another. */
    static List<Part> difference(Cell first, Cell second) {
        return List.of(new Part(1, first), new Part(-1, second));
    }

    /** What the first has more than the mean of the others has. */
    Optional<PairedRuns> over(Cell first, List<Cell> others) {
        var parts = new ArrayList<>(List.of(new Part(1, first)));
        others.forEach(other -> parts.add(new Part(-1.0 / others.size(), other)));
        return sum(parts);
    }

    static double mean(PairedRuns runs) {
        return Arrays.stream(runs.differences()).mapToDouble(Sample::mean).average().orElseThrow();
    }

    /** Of 95 %, over any seeds on any items; with one seed over items; empty where nothing varies. */
    static Optional<Interval> interval(PairedRuns runs) {
        var unit = runs.runs() > 1 && runs.items() > 1 ? PairedRuns.Unit.BOTH : PairedRuns.Unit.ITEMS;
        return runs.isTestable(unit) ? Optional.of(runs.test(unit, LEVEL).interval()) : Optional.empty();
    }

    /**
     * That of a rate, within 0 and 1. Where all answers are the same they don't tell how they vary: Wilson's over items, as if each were
     * asked once.
     */
    static Optional<Interval> ofRate(PairedRuns runs) {
        double mean = mean(runs);
        boolean isSame = Arrays.stream(runs.differences()).flatMapToDouble(Arrays::stream).allMatch(value -> value == mean);
        return isSame && (mean == 0 || mean == 1) ? Optional.of(new Proportion(mean == 1 ? runs.items() : 0, runs.items()).wilson(LEVEL))
            : interval(runs).map(found -> new Interval(Math.max(0, found.low()), Math.min(1, found.high())));
    }

    /** An interval as an array of its ends, where there is one. */
    static void put(ObjectNode json, Optional<Interval> interval) {
        interval.ifPresent(found -> json.putArray("interval").add(found.low()).add(found.high()));
    }
}
