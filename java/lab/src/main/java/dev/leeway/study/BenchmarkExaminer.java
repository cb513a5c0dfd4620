package dev.leeway.study;

import dev.leeway.eval.Benchmark;
import dev.leeway.eval.Candidate;
import dev.leeway.eval.Catalogue;
import dev.leeway.eval.DataFolder;
import dev.leeway.eval.Instruments;
import dev.leeway.eval.Options;
import dev.leeway.eval.Results;
import dev.leeway.eval.RunListener;
import dev.leeway.eval.RunPlan;
import dev.leeway.eval.Runner;
import dev.leeway.eval.Setting;
import dev.leeway.eval.Subject;
import dev.leeway.judge.Judge;
import dev.leeway.sandbox.Sandbox;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Function;

/** Examines with the benchmarks of {@link Catalogue}. */
public final class BenchmarkExaminer implements Examiner {

    /**
     * What an examination is made with.
     *
     * @param models opens a model's folder
     * @param instruments of an exam: its judges, its second model
     * @param given where files of exams are that bring no items of their own
     * @param division how work is divided
     * @param listener hears how it goes, and may end it
     * @param seed of what is drawn
     */
    public record Means(Function<Path, Candidate> models, Function<Exam, Instruments> instruments, DataFolder given,
            Runner.Division division, RunListener listener, long seed) {
    }

    private final Means means;

    /** An examiner. */
    public BenchmarkExaminer(Means means) {
        this.means = means;
    }

    @Override
    public Optional<List<Outcome>> examine(Exam exam, Path model, Optional<Path> data, Path output) {
        var extent = new RunPlan.Extent(positive(exam.extent().epochs()), positive(exam.extent().limit()), exam.extent().isDrawn());
        var part = part(exam, data);
        var plan = new RunPlan(List.of(means.models().apply(model)), List.of(part), exam.prompts(), extent, means.seed());
        var runner = new Runner(instruments(exam, part), means.division(), means.listener());
        return runner.run(plan, output.resolve("records.jsonl")).map(BenchmarkExaminer::outcomes);
    }

    /** With a sandbox where the benchmark runs what a model writes. */
    private Instruments instruments(Exam exam, RunPlan.Part part) {
        var own = means.instruments().apply(exam);
        return own.sandbox().isPresent() || !part.benchmark().needs().sandbox() ? own
            : new Instruments(own.judges(), own.reference(), Optional.of(Sandbox.open()), own.seed());
    }

    private static OptionalInt positive(int number) {
        return number > 0 ? OptionalInt.of(number) : OptionalInt.empty();
    }

    private RunPlan.Part part(Exam exam, Optional<Path> data) {
        return part(exam, data, means.given());
    }

    /**
     * Loads an exam's benchmark.
     *
     * @param data the folder of the exam's own items, if it has them
     * @param given where they are otherwise
     * @throws dev.leeway.LeewayException if there is no such benchmark, or it can't be asked so
     */
    public static RunPlan.Part part(Exam exam, Optional<Path> data, DataFolder given) {
        var entry = Catalogue.named(exam.benchmark());
        var folder = data.map(own -> new DataFolder(List.of(own), own.resolve("hub"))).orElse(given);
        return RunPlan.Part.load(entry, folder, new Options(exam.benchmark(), entry.options(), exam.benchmarkOptions()));
    }

    /** Judges and the second model are named where the benchmark asks them, so another one redoes what it is asked in alone. */
    @Override
    public String dependencies(Exam exam, Optional<Path> data) {
        var part = part(exam, data);
        var card = part.benchmark().card();
        var needs = part.benchmark().needs();
        var instruments = means.instruments().apply(exam);
        instruments.requireFor(card, new Benchmark.Needs(needs.judge(), needs.reference(), false)); // a sandbox is opened when it is needed
        var judges = needs.judge() ? instruments.judges().stream().map(Judge::id).toList() : List.of();
        var reference = instruments.reference().filter(_ -> needs.reference()).map(Subject::hash).orElse("none");
        return card.id() + " version " + card.version() + " data " + part.data() + " options " + part.options() + " judges " + judges
            + " reference " + reference + " seed " + means.seed();
    }

    private static List<Outcome> outcomes(Results results) {
        var outcomes = new ArrayList<Outcome>();
        for (var result : results.results()) {
            var byItem = new LinkedHashMap<String, List<Results.Line>>();
            result.lines().forEach(line -> byItem.computeIfAbsent(line.item(), _ -> new ArrayList<>()).add(line));
            byItem.forEach((item, lines) -> outcomes.add(outcome(name(result.setting()), item, lines)));
        }
        return outcomes;
    }

    private static String name(Setting setting) {
        return setting.prompt().name() + (setting.context().equals(Setting.PLAIN) ? "" : "/" + setting.context());
    }

    /** The mean over the epochs that have a value. */
    private static Outcome outcome(String setting, String item, List<Results.Line> epochs) {
        var sums = new LinkedHashMap<String, Double>();
        var counts = new LinkedHashMap<String, Integer>();
        var missing = new LinkedHashMap<String, Integer>();
        for (var line : epochs) {
            line.score().values().forEach((measure, value) -> value.asNumber().ifPresentOrElse(number -> {
                sums.merge(measure, number, Double::sum);
                counts.merge(measure, 1, Integer::sum);
            }, () -> missing.merge(measure, 1, Integer::sum)));
        }
        Map<String, Double> values = new LinkedHashMap<>();
        sums.forEach((measure, sum) -> values.put(measure, sum / counts.get(measure)));
        return new Outcome(setting, item, epochs.getFirst().slices(), values, missing);
    }
}
