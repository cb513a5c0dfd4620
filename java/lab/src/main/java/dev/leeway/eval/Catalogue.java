package dev.leeway.eval;

import dev.leeway.LeewayException;
import dev.leeway.eval.choice.ChoiceBenchmarks;
import dev.leeway.eval.judged.JudgedBenchmarks;
import dev.leeway.eval.likelihood.LikelihoodBenchmarks;
import dev.leeway.eval.qa.QaBenchmarks;
import dev.leeway.eval.reward.RewardProbes;
import dev.leeway.eval.rubric.RubricBenchmarks;
import dev.leeway.eval.rule.RuleBenchmarks;
import dev.leeway.eval.stance.StanceBenchmarks;
import dev.leeway.eval.toy.ToyBenchmark;
import dev.leeway.eval.toy.ToyTraits;
import java.util.List;
import java.util.stream.Stream;

/** All benchmarks. */
public final class Catalogue {

    private Catalogue() {
    }

    /** Those that there are, in the order of the list. */
    public static List<Entry> entries() {
        return Stream.<List<Entry>>of(
            LikelihoodBenchmarks.entries(),
            RewardProbes.entries(),
            RuleBenchmarks.entries(),
            RubricBenchmarks.entries(),
            StanceBenchmarks.entries(),
            JudgedBenchmarks.entries(),
            QaBenchmarks.entries(),
            ChoiceBenchmarks.entries(),
            ToyBenchmark.entries(),
            List.of(ToyTraits.entry())
        ).flatMap(List::stream).toList();
    }

    /**
     * The one with an id.
     *
     * @throws LeewayException if there is none
     */
    public static Entry named(String id) {
        return entries().stream().filter(entry -> entry.card().id().equals(id)).findFirst().orElseThrow(() ->
            LeewayException.usage("there is no benchmark %s; leeway eval list names them all", id));
    }
}
