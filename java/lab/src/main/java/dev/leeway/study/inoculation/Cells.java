package dev.leeway.study.inoculation;

import dev.leeway.stats.Interval;
import dev.leeway.stats.PairedRuns;
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
import java.util.stream.IntStream;

/** What arms' last models got, by seed and item. */
final class Cells {

    private static final double LEVEL = 0.95;

    private final StudyResults results;
    private final Map<String, List<Outcome>> taken = new HashMap<>();

    Cells(StudyResults results) {
        this.results = results;
        results.outcomes().forEach((sitting, outcomes) -> {
            if (sitting.step() < 0) {
                taken.put(sitting.node().hash() + sitting.exam().name(), outcomes);
            }
        });
    }

    /** The outcomes of an arm's last model for each seed; none where it didn't take the exam. */
    List<List<Outcome>> of(String arm, String exam) {
        return results.plan().replications().stream().filter(one -> one.arm().name().equals(arm)).map(Plan.Replication::last)
            .map(node -> taken.get(node.hash() + exam)).filter(outcomes -> outcomes != null).toList();
    }

    /** (seeds)(items): the weighted sum of cells over the items that all of them have; empty where one has none. */
    Optional<PairedRuns> sum(List<Part> parts) {
        var cells = parts.stream().map(part -> of(part.cell().arm(), part.cell().exam()).stream()
            .map(part.cell()::values).toList()).toList();
        int seeds = cells.stream().mapToInt(List::size).min().orElse(0);
        if (seeds == 0) {
            return Optional.empty();
        }
        var common = new LinkedHashSet<>(cells.getFirst().getFirst().keySet());
        cells.forEach(ofSeeds -> ofSeeds.forEach(values -> common.retainAll(values.keySet())));
        var sums = IntStream.range(0, seeds).mapToObj(seed -> common.stream().mapToDouble(item -> IntStream.range(0, parts.size())
            .mapToDouble(p -> parts.get(p).weight() * cells.get(p).get(seed).get(item)).sum()).toArray()).toArray(double[][]::new);
        return common.isEmpty() ? Optional.empty() : Optional.of(new PairedRuns(sums, 0));
    }

    /** One cell by itself. */
    Optional<PairedRuns> sum(Cell cell) {
        return sum(List.of(new Part(1, cell)));
    }

    /** What the first has more than the second. */
    Optional<PairedRuns> difference(Cell first, Cell second) {
        return sum(List.of(new Part(1, first), new Part(-1, second)));
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

    /** The mean of what it is whichever its sign. */
    static double meanOfAbsolutes(PairedRuns runs) {
        return Arrays.stream(runs.differences()).flatMapToDouble(Arrays::stream).map(Math::abs).average().orElseThrow();
    }

    /** Of 95 %, over any seeds on any items; with one seed over items; empty where nothing varies. */
    static Optional<Interval> interval(PairedRuns runs) {
        var unit = runs.runs() > 1 && runs.items() > 1 ? PairedRuns.Unit.BOTH : PairedRuns.Unit.ITEMS;
        return runs.isTestable(unit) ? Optional.of(runs.test(unit, LEVEL).interval()) : Optional.empty();
    }
}
