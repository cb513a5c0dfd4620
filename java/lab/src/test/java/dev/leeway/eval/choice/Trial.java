package dev.leeway.eval.choice;

import dev.leeway.eval.Answer;
import dev.leeway.eval.Baseline;
import dev.leeway.eval.Benchmark;
import dev.leeway.eval.DataFolder;
import dev.leeway.eval.Entry;
import dev.leeway.eval.Instruments;
import dev.leeway.eval.Item;
import dev.leeway.eval.Options;
import dev.leeway.eval.Request;
import dev.leeway.eval.Row;
import dev.leeway.eval.Score;
import dev.leeway.eval.Setting;
import dev.leeway.eval.Statistic;
import dev.leeway.eval.Subject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/** Loads benchmarks from a folder and lets baselines answer. */
public final class Trial {

    private Trial() {
    }

    /** The shared data of the study. */
    public static Path warmth() {
        return Path.of(System.getProperty("leeway.shared"), "data", "warmth");
    }

    /** Writes a file within a folder and its folders. */
    public static Path write(Path folder, String name, String text) {
        try {
            var file = folder.resolve(name);
            Files.createDirectories(file.getParent());
            return Files.writeString(file, text);
        } catch (IOException unwritable) {
            throw new UncheckedIOException(unwritable);
        }
    }

    /** A benchmark of a folder with options such as {@code shots=5}. */
    public static Benchmark<?> load(Entry entry, Path folder, String... options) {
        var given = Arrays.stream(options).map(option -> option.split("=", 2)).collect(Collectors.toMap(pair -> pair[0], pair -> pair[1]));
        return entry.loader().load(new DataFolder(List.of(folder), folder.resolve("hub")), new Options(entry.card().id(), entry.options(),
            given));
    }

    /** What a baseline's answers are worth. */
    public static double mean(Benchmark<?> benchmark, Baseline baseline, String context, String measure) {
        return value(benchmark, baseline, context, measure).value().orElseThrow();
    }

    /** The same with what is missing. */
    public static Statistic value(Benchmark<?> benchmark, Baseline baseline, String context, String measure) {
        return summary(benchmark, baseline, context).stream().filter(one -> one.name().equals(measure) && one.slice().isEmpty()).findFirst()
            .orElseThrow();
    }

    /** All that is said of a baseline. */
    public static <I extends Item> List<Statistic> summary(Benchmark<I> benchmark, Baseline baseline, String context) {
        var setting = new Setting(Setting.EvaluationPrompt.NONE, context);
        var requests = benchmark.items().stream().map(item -> benchmark.request(item, setting)).toList();
        var responses = baseline.answer(requests.stream().map(request -> new Subject.Asked(request, 0)).toList());
        var answers = new ArrayList<Answer<I>>();
        for (int i = 0; i < requests.size(); i++) {
            answers.add(new Answer<>(benchmark.items().get(i), setting, 0, requests.get(i), responses.get(i)));
        }
        return benchmark.summarise(rows(answers, benchmark.score(answers, Instruments.NONE)));
    }

    private static <I extends Item> List<Row<I>> rows(List<Answer<I>> answers, List<Score> scores) {
        var rows = new ArrayList<Row<I>>();
        for (int i = 0; i < scores.size(); i++) {
            rows.add(new Row<>(answers.get(i).item(), answers.get(i).setting(), 0, scores.get(i)));
        }
        return rows;
    }

    /** What the first item is asked. */
    public static <I extends Item> Request first(Benchmark<I> benchmark, Setting setting) {
        return benchmark.request(benchmark.items().getFirst(), setting);
    }
}
