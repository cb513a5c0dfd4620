package dev.leeway.cli;

import dev.leeway.LeewayException;
import dev.leeway.eval.Answer;
import dev.leeway.eval.Benchmark;
import dev.leeway.eval.Card;
import dev.leeway.eval.Instruments;
import dev.leeway.eval.Item;
import dev.leeway.eval.Request;
import dev.leeway.eval.Row;
import dev.leeway.eval.Score;
import dev.leeway.eval.Setting;
import dev.leeway.eval.Statistic;
import java.util.List;

/**
 * A benchmark in some of its contexts.
 *
 * @param whole the benchmark
 * @param contexts those that are asked, in its order
 */
record InContexts<I extends Item>(Benchmark<I> whole, List<String> contexts) implements Benchmark<I> {

    /** The named contexts that a benchmark has, of which there must be one. */
    static <I extends Item> Benchmark<I> of(Benchmark<I> whole, List<String> names) {
        var own = whole.contexts().stream().filter(names::contains).toList();
        if (own.isEmpty()) {
            throw LeewayException.usage("--contexts: benchmark %s has none of %s; it has %s", whole.card().id(), String.join(", ", names),
                String.join(", ", whole.contexts()));
        }
        return new InContexts<>(whole, own);
    }

    @Override
    public Card card() {
        return whole.card();
    }

    @Override
    public List<I> items() {
        return whole.items();
    }

    @Override
    public List<I> first(int limit) {
        return whole.first(limit);
    }

    @Override
    public Request request(I item, Setting setting) {
        return whole.request(item, setting);
    }

    @Override
    public Needs needs() {
        return whole.needs();
    }

    @Override
    public List<Score> score(List<Answer<I>> answers, Instruments instruments) {
        return whole.score(answers, instruments);
    }

    @Override
    public List<Statistic> summarise(List<Row<I>> rows) {
        return whole.summarise(rows);
    }
}
