package dev.leeway.eval.reward;

import dev.leeway.eval.Item;
import dev.leeway.eval.Row;
import dev.leeway.eval.Score;
import dev.leeway.eval.Value;
import dev.leeway.stats.Sample;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.function.Function;

/** Ranks of words among the words of the same prompt: what two models can be compared by, word by word. */
public final class WordRanks {

    /** The measure: 1 = the largest value, equal ones share the mean of their ranks. */
    public static final String RANK = "rank";

    private WordRanks() {
    }

    /**
     * The rows, in their order, with ranks; a row without a value misses its rank for the same reason.
     *
     * @param prompt names the prompt of a row
     * @param measure that is ranked
     */
    public static <I extends Item> List<Row<I>> with(List<Row<I>> rows, Function<Row<I>, String> prompt, String measure) {
        var groups = new LinkedHashMap<String, List<Integer>>();
        for (int r = 0; r < rows.size(); r++) {
            if (rows.get(r).score().value(measure).asNumber().isPresent()) {
                groups.computeIfAbsent(prompt.apply(rows.get(r)) + "\n" + rows.get(r).epoch(), _ -> new ArrayList<>()).add(r);
            }
        }
        var ranked = new ArrayList<Row<I>>();
        rows.forEach(row -> ranked.add(with(row, row.score().value(measure)))); // what misses a value, misses a rank
        for (var group : groups.values()) {
            var ranks = Sample.descendingRanks(group.stream()
                .mapToDouble(r -> rows.get(r).score().value(measure).asNumber().getAsDouble()).toArray());
            for (int i = 0; i < ranks.length; i++) {
                ranked.set(group.get(i), with(rows.get(group.get(i)), Value.of(ranks[i])));
            }
        }
        return ranked;
    }

    private static <I extends Item> Row<I> with(Row<I> row, Value rank) {
        var values = new LinkedHashMap<>(row.score().values());
        values.put(RANK, rank);
        return new Row<>(row.item(), row.setting(), row.epoch(), new Score(values, row.score().grades()));
    }
}
