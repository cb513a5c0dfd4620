package dev.leeway.eval;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.TreeMap;

/**
 * What a run found. The same plan gives the same results, however often it was interrupted and however its work was divided.
 *
 * @param seed of the run
 * @param judges ids of those that were asked
 * @param reference hash of the second model, where there was one
 * @param results in the order of subjects, benchmarks, evaluation prompts and contexts
 */
public record Results(long seed, List<String> judges, Optional<String> reference, List<Result> results) {

    /** Takes copies. */
    public Results {
        judges = List.copyOf(judges);
        results = List.copyOf(results);
    }

    /**
     * One subject's on one benchmark under one setting.
     *
     * @param subject its name
     * @param model its hash, and what that was made of
     * @param benchmark which
     * @param setting under what
     * @param statistics that the benchmark makes of it
     * @param lines one an answer, in the order of items, then of epochs
     */
    public record Result(String subject, Model model, Origin benchmark, Setting setting, List<Statistic> statistics, List<Line> lines) {

        /** Takes copies. */
        public Result {
            statistics = List.copyOf(statistics);
            lines = List.copyOf(lines);
        }

        /** The benchmark's headline over all items; empty where no item has it. */
        public Optional<Statistic> headline() {
            var name = benchmark.card().headline().name();
            return statistics.stream().filter(one -> one.name().equals(name) && one.slice().isEmpty()).findFirst();
        }

        /** How many answers miss a measure, by measure and reason. Measures that no answer misses are not there. */
        public SequencedMap<String, SequencedMap<String, Long>> missing() {
            var missing = new LinkedHashMap<String, SequencedMap<String, Long>>();
            lines.forEach(line -> line.score().values().forEach((measure, value) -> {
                if (value instanceof Value.Missing none) {
                    missing.computeIfAbsent(measure, _ -> new LinkedHashMap<>()).merge(none.reason(), 1L, Long::sum);
                }
            }));
            return missing;
        }

        /** The share of the answers with a measure that miss it; 0 where no answer has it. */
        public double missingRate(String measure) {
            long all = lines.stream().filter(line -> line.score().values().containsKey(measure)).count();
            long none = missing().getOrDefault(measure, new LinkedHashMap<>()).values().stream().mapToLong(Long::longValue).sum();
            return all == 0 ? 0 : (double) none / all;
        }
    }

    /**
     * Which model it was.
     *
     * @param hash of all that its answers depend on
     * @param details what the hash was made of
     */
    public record Model(String hash, SequencedMap<String, String> details) {
    }

    /**
     * Which benchmark it was: the card has its version and its items' licence.
     *
     * @param card of it
     * @param options every option, with its value; parse policies are among them
     * @param data SHA-256 of each file, by name
     * @param templates hashes of the templates that judges were asked with, sorted
     * @param extent how much of it there is
     */
    public record Origin(Card card, SequencedMap<String, String> options, SequencedMap<String, String> data, List<String> templates,
            Extent extent) {
    }

    /**
     * What there is of a benchmark, whatever a run asked of it.
     *
     * @param items all of them, without a run's limit
     * @param isReferred whether answers are compared with those of the second model
     */
    public record Extent(int items, boolean isReferred) {
    }

    /**
     * One answer.
     *
     * @param item id of the item
     * @param slices the item's, in alphabetical order
     * @param epoch from 0
     * @param response what was answered
     * @param score what it is worth
     */
    public record Line(String item, Map<String, String> slices, int epoch, Response response, Score score) {

        /** Takes a copy. */
        public Line {
            slices = Collections.unmodifiableSortedMap(new TreeMap<>(slices));
        }
    }
}
