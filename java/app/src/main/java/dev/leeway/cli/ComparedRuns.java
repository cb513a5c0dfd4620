package dev.leeway.cli;

import dev.leeway.LeewayException;
import dev.leeway.eval.output.Comparison;
import dev.leeway.eval.output.ItemValue;
import dev.leeway.eval.output.ItemValue.Cell;
import dev.leeway.eval.output.ResultFolder;
import dev.leeway.stats.Bootstrap;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Two finished evaluations, and what of them can be compared.
 *
 * @param first what differences are taken from
 * @param second what they are taken of
 */
record ComparedRuns(ResultFolder first, ResultFolder second) {

    /** A model of the first run and one of the second. */
    record Models(String first, String second) {
    }

    /** A comparison with what it is of. */
    record Row(Models models, Cell cell, Comparison comparison) {
    }

    /** A pair that the user named. */
    Models named(String ofFirst, String ofSecond) {
        require(first, ofFirst);
        require(second, ofSecond);
        return new Models(ofFirst, ofSecond);
    }

    private static void require(ResultFolder run, String model) {
        if (!run.models().contains(model)) {
            throw LeewayException.usage("--models: %s has no model %s; it has %s", run.path(), model, String.join(", ", run.models()));
        }
    }

    /** A single model with each of the other run, else those of the same name. */
    List<Models> modelPairs() {
        if (first.models().size() == 1 || second.models().size() == 1) {
            return first.models().stream().flatMap(one -> second.models().stream().map(other -> new Models(one, other))).toList();
        }
        var both = first.models().stream().filter(second.models()::contains).map(name -> new Models(name, name)).toList();
        if (both.isEmpty()) {
            throw LeewayException.usage("no model of %s (%s) is in %s (%s); name a pair with --models", first.path(),
                String.join(", ", first.models()), second.path(), String.join(", ", second.models()));
        }
        return both;
    }

    /** What both runs measured, in the order of the first. */
    Set<Cell> cells(List<Models> pairs, boolean all) {
        var cells = cells(first, pairs.stream().map(Models::first).toList(), all);
        cells.retainAll(cells(second, pairs.stream().map(Models::second).toList(), all));
        if (cells.isEmpty()) {
            throw LeewayException.data("%s and %s have no benchmark under the same evaluation prompt and context; nothing can be compared",
                first.path(), second.path());
        }
        return cells;
    }

    private static Set<Cell> cells(ResultFolder run, List<String> models, boolean all) {
        return run.values().stream().filter(value -> models.contains(value.model())).map(ItemValue::cell).distinct()
            .filter(cell -> all || run.headline(cell.benchmark()).filter(cell.measure()::equals).isPresent())
            .collect(Collectors.toCollection(LinkedHashSet::new));
    }

    /** What is in one of the runs alone, in words; {@code models} too. */
    List<String> leftOut(Set<Cell> compared, List<Models> pairs, boolean all, boolean models) {
        var notes = new ArrayList<String>();
        for (var run : List.of(first, second)) {
            var own = pairs.stream().flatMap(pair -> Stream.of(run == first ? pair.first() : pair.second())).distinct().toList();
            cells(run, own, all).stream().filter(cell -> !compared.contains(cell)).map(cell -> "%s %s under %s, %s is in %s alone"
                .formatted(cell.benchmark(), cell.measure(), cell.prompt(), cell.context(), run.path())).forEach(notes::add);
            run.models().stream().filter(model -> models && !own.contains(model)).map(model -> "model " + model + " of " + run.path())
                .forEach(notes::add);
        }
        return notes;
    }

    /** What differs between the questions that the runs asked, where that is allowed; else it ends the command. */
    List<String> requireSameQuestions(Set<Cell> cells, boolean allowed) {
        var notes = cells.stream().map(Cell::benchmark).distinct().flatMap(benchmark -> first.differences(second, benchmark).stream()
            .map(difference -> benchmark + " " + difference)).toList();
        if (!notes.isEmpty() && !allowed) {
            throw LeewayException.data("%s and %s did not ask the same: %s; evaluate both alike, or add --allow_differences", first.path(),
                second.path(), String.join("; ", notes));
        }
        return notes;
    }

    /** All comparisons, one model pair after the other; a pair that lacks a measure is not among them. */
    List<Row> compare(List<Models> pairs, Set<Cell> cells, Bootstrap bootstrap) {
        var rows = new ArrayList<Row>();
        for (var models : pairs) {
            var ofFirst = byCell(first, models.first());
            var ofSecond = byCell(second, models.second());
            cells.stream().filter(cell -> ofFirst.containsKey(cell) && ofSecond.containsKey(cell)).forEach(cell -> rows.add(new Row(models,
                cell, Comparison.of(ofFirst.get(cell), ofSecond.get(cell), first.kind(cell), bootstrap))));
        }
        return rows;
    }

    private static Map<Cell, List<ItemValue>> byCell(ResultFolder run, String model) {
        return run.values().stream().filter(value -> value.model().equals(model))
            .collect(Collectors.groupingBy(ItemValue::cell, LinkedHashMap::new, Collectors.toList()));
    }
}
