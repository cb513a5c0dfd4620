package dev.leeway.eval;

import dev.leeway.LeewayException;
import dev.leeway.rollout.Inference;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.OptionalInt;
import java.util.SequencedMap;

/**
 * Some items of benchmarks that are asked of a model again and again while it is trained, between its steps. Each is asked once, as it is,
 * in the first of its benchmark's contexts; what is drawn depends on the item alone. It moves no weight and draws none of the training's
 * random numbers, so the trained model is the same with and without it.
 */
public final class Probe {

    /** Of what is drawn: that of {@code leeway eval} where none is given. */
    private static final long SEED = 0;

    private final List<Questions<?>> questions;

    /**
     * What has to be planned to ask it.
     *
     * @param longest tokens of the longest prompt with its answer
     * @param read tokens of the longest text that is read in one pass, which must fit into a forward pass: nothing that is written is
     * @param writes whether the model writes
     */
    public record Reach(int longest, int read, boolean writes) {

        Reach and(Reach other) {
            return new Reach(Math.max(longest, other.longest()), Math.max(read, other.read()), writes || other.writes());
        }
    }

    /**
     * One benchmark's questions.
     *
     * @param tasks at least one
     */
    private record Questions<I extends Item>(Benchmark<I> benchmark, List<Task<I>> tasks) {

        static <I extends Item> Questions<I> of(Benchmark<I> benchmark, RunPlan plan) {
            var first = benchmark.contexts().getFirst();
            return new Questions<>(benchmark, Task.of(benchmark, plan).stream().filter(task -> task.setting().context().equals(first))
                .toList());
        }

        void ask(Subject subject, SequencedMap<String, Statistic> found) {
            var responses = subject.answer(tasks.stream().map(task -> task.asked(SEED)).toList());
            var answers = new ArrayList<Answer<I>>();
            for (int i = 0; i < tasks.size(); i++) {
                answers.add(tasks.get(i).answer(responses.get(i)));
            }
            var scores = benchmark.score(answers, Instruments.NONE);
            var rows = new ArrayList<Row<I>>();
            for (int i = 0; i < tasks.size(); i++) {
                var task = tasks.get(i);
                rows.add(new Row<>(task.item(), task.setting(), task.epoch(), scores.get(i)));
            }
            benchmark.summarise(benchmark.amongAll(rows)).stream().filter(statistic -> statistic.slice().isEmpty())
                .forEach(statistic -> found.put(benchmark.card().id() + "_" + statistic.name(), statistic));
        }
    }

    /**
     * A probe of a language model, or of a reward model.
     *
     * @param model its name, for messages
     * @param ability what it is
     * @param parts the benchmarks
     * @param limit the first so many items of each
     * @throws LeewayException if one needs more than the model that is asked, or asks what the model has no answer to
     */
    public Probe(String model, Candidate.Ability ability, List<RunPlan.Part> parts, int limit) {
        for (var part : parts) {
            if (!part.benchmark().needs().equals(Benchmark.Needs.NOTHING)) {
                throw LeewayException.usage("benchmark %s needs %s, which a training doesn't have; ask it of the checkpoints with leeway "
                    + "eval", part.benchmark().card().id(), lacking(part.benchmark().needs()));
            }
        }
        var plan = new RunPlan(List.of(Candidate.of(model, ability)), parts, List.of(Setting.EvaluationPrompt.NONE),
            new RunPlan.Extent(OptionalInt.of(1), OptionalInt.of(limit)), SEED);
        questions = parts.stream().<Questions<?>>map(part -> Questions.of(part.benchmark(), plan)).toList();
    }

    private static String lacking(Benchmark.Needs needs) {
        return needs.judge() ? "a judge" : needs.reference() ? "a second model" : "a sandbox";
    }

    /** Items of all benchmarks. */
    public int items() {
        return questions.stream().mapToInt(one -> one.tasks().size()).sum();
    }

    /** What a model of this tokenizer and chat template has to have room for. */
    public Reach reach(Path folder) {
        try (var texts = SubjectTexts.of(folder)) {
            return questions.stream().flatMap(one -> one.tasks().stream()).map(task -> reach(task.request(), texts))
                .reduce(new Reach(2, 1, false), Reach::and);
        }
    }

    private static Reach reach(Request request, SubjectTexts texts) {
        return switch (request) {
            case Request.Write write -> {
                long longest = (long) tokens(texts.prompt(write.prompt())) + write.sampling().maxNewTokens();
                yield new Reach((int) Math.min(Integer.MAX_VALUE, longest), 1, true);
            }
            case Request.Weigh weigh -> {
                var most = new int[1];
                texts.weighed(weigh, Integer.MAX_VALUE, options -> options.forEach(option -> most[0] = Math.max(most[0],
                    option.context().length + option.continuation().length)), _ -> { });
                yield new Reach(most[0], most[0], false);
            }
            case Request.Next next -> read(tokens(texts.prompt(next.prompt())) + 1);
            case Request.Rate rate -> read(tokens(texts.rated(rate)));
        };
    }

    private static Reach read(int tokens) {
        return new Reach(tokens, tokens, false);
    }

    /** None where the prompt can't be read: it gets no answer, whatever there is room for. */
    private static int tokens(SubjectTexts.Encoded encoded) {
        return encoded instanceof SubjectTexts.Encoded.Tokens some ? some.ids().length : 0;
    }

    /**
     * The model that is asked; close it when the training has ended.
     *
     * @param folder with its tokenizer, and its chat template if it has one
     * @param length tokens of a prompt and its answer that it was planned for; what is longer gets no answer
     */
    public static Subject live(Path folder, int length, Inference model) {
        return EngineSubject.live("the model that is trained", folder, length, model);
    }

    /** What all answers say together, by {@code BENCHMARK_MEASURE}, with the answers that each lacks. */
    public SequencedMap<String, Statistic> ask(Subject subject) {
        var found = new LinkedHashMap<String, Statistic>();
        questions.forEach(one -> one.ask(subject, found));
        return found;
    }
}
