package dev.leeway.eval;

import dev.leeway.LeewayException;
import dev.leeway.io.Sha256;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SequencedMap;
import java.util.function.Function;

/**
 * What is asked of whom: every item of every benchmark, under every evaluation prompt and in every context, so many times, of every
 * subject. It says nothing about how the work is divided, so it decides results alone.
 *
 * @param candidates who is asked, one after the other
 * @param parts the benchmarks
 * @param prompts what stands around items; {@link Setting.EvaluationPrompt#NONE} is one of them only if it is named
 * @param extent how much of it
 * @param seed of everything that is drawn
 */
public record RunPlan(List<Candidate> candidates, List<Part> parts, List<Setting.EvaluationPrompt> prompts, Extent extent, long seed) {

    /** Takes copies, and refuses what would be asked twice or of a model that can't answer it, and a limit that a benchmark refuses. */
    public RunPlan {
        candidates = List.copyOf(candidates);
        parts = List.copyOf(parts);
        prompts = List.copyOf(prompts);
        requireDifferent("model", "give one another name with NAME=DIR", candidates, Candidate::name);
        requireDifferent("benchmark", "leave one out", parts, part -> part.benchmark().card().id());
        requireDifferent("evaluation prompt", "give one another name", prompts, Setting.EvaluationPrompt::name);
        requireFitting(candidates, parts, prompts.getFirst());
        if (extent.limit().isPresent()) {
            int limit = extent.limit().getAsInt();
            for (var part : parts) {
                part.benchmark().first(limit);
            }
        }
    }

    private static void requireFitting(List<Candidate> candidates, List<Part> parts, Setting.EvaluationPrompt prompt) {
        parts.forEach(part -> example(part.benchmark(), prompt).ifPresent(request ->
            candidates.forEach(candidate -> candidate.requireFor(part.benchmark().card().id(), request))));
    }

    /** What a benchmark asks; all of its requests are of one kind. Empty where it has no items. */
    private static <I extends Item> Optional<Request> example(Benchmark<I> benchmark, Setting.EvaluationPrompt prompt) {
        return benchmark.items().stream().findFirst().map(item ->
            benchmark.request(item, new Setting(prompt, benchmark.contexts().getFirst())));
    }

    private static <T> void requireDifferent(String what, String remedy, List<T> all, Function<T, String> name) {
        if (all.isEmpty()) {
            throw LeewayException.usage("the run has no %s; name at least one", what);
        }
        var seen = new HashSet<String>();
        all.stream().map(name).filter(one -> !seen.add(one)).findFirst().ifPresent(twice -> {
            throw LeewayException.usage("the %s %s is named twice, and results could not be told apart; %s", what, twice, remedy);
        });
    }

    /** The items of a benchmark that are asked. */
    <I extends Item> List<I> items(Benchmark<I> benchmark) {
        if (extent.limit().isEmpty()) {
            return benchmark.items();
        }
        int limit = extent.limit().getAsInt();
        return extent.isDrawn() ? benchmark.drawn(limit, seed) : benchmark.first(limit);
    }

    /**
     * How much of a benchmark is asked.
     *
     * @param epochs how often each item; empty = as often as each benchmark's card says
     * @param limit so many items of each benchmark; empty = all
     * @param isDrawn whether these are drawn by the run's seed ({@link Benchmark#drawn}); if not, they are the first ({@link
     *     Benchmark#first})
     */
    public record Extent(OptionalInt epochs, OptionalInt limit, boolean isDrawn) {

        /** All items, as often as the cards say. */
        public static final Extent ALL = new Extent(OptionalInt.empty(), OptionalInt.empty());

        /** Of the first items. */
        public Extent(OptionalInt epochs, OptionalInt limit) {
            this(epochs, limit, false);
        }

        /** Checks the counts. */
        public Extent {
            if (epochs.orElse(1) < 1 || limit.orElse(1) < 1) {
                throw LeewayException.usage("epochs and limit must be at least 1; got %s and %s",
                    epochs.isPresent() ? epochs.getAsInt() : "none", limit.isPresent() ? limit.getAsInt() : "none");
            }
        }
    }

    /**
     * A benchmark with where it came from.
     *
     * @param benchmark loaded
     * @param options every option it has, with its value
     * @param data SHA-256 of each file that it was loaded from, by the file's name
     */
    public record Part(Benchmark<?> benchmark, SequencedMap<String, String> options, SequencedMap<String, String> data) {

        /**
         * Loads a benchmark, and takes the sums of the files that it reads.
         *
         * @throws LeewayException as its loader does
         */
        public static Part load(Entry entry, DataFolder folder, Options options) {
            var read = new LinkedHashMap<String, Path>();
            var benchmark = entry.loader().load(folder.telling(read::put), options);
            var data = new LinkedHashMap<String, String>();
            read.forEach((name, place) -> files(place).forEach(file ->
                data.put(file.equals(place) ? name : name + "/" + place.relativize(file), Sha256.ofFile(file))));
            var values = new LinkedHashMap<String, String>();
            options.known().forEach(option -> values.put(option.name(), options.text(option.name())));
            return new Part(benchmark, values, data);
        }

        private static List<Path> files(Path place) {
            try (var all = Files.walk(place)) {
                return all.filter(Files::isRegularFile).sorted().toList();
            } catch (IOException unreadable) {
                throw LeewayException.data(unreadable, "%s can't be read: %s", place, unreadable.getMessage());
            }
        }
    }
}
