package dev.leeway.eval.rule;

import dev.leeway.eval.Answer;
import dev.leeway.eval.Benchmark;
import dev.leeway.eval.DataFolder;
import dev.leeway.eval.Entry;
import dev.leeway.eval.Instruments;
import dev.leeway.eval.Item;
import dev.leeway.eval.Options;
import dev.leeway.eval.Request;
import dev.leeway.eval.Response;
import dev.leeway.eval.Row;
import dev.leeway.eval.Score;
import dev.leeway.eval.Setting;
import dev.leeway.eval.Statistic;
import dev.leeway.eval.Subject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;

/** A benchmark without a runner. */
final class Tried {

    private Tried() {
    }

    /** Loaded from a place with options, a name and a value in turn. */
    static Benchmark<?> load(Entry entry, Path place, String... options) {
        var given = new HashMap<String, String>();
        for (int i = 0; i < options.length; i += 2) {
            given.put(options[i], options[i + 1]);
        }
        return entry.loader().load(new DataFolder(List.of(place), place.resolve("none")),
            new Options(entry.card().id(), entry.options(), given));
    }

    /** A file of rows. */
    static Path rows(Path folder, String name, String... rows) throws IOException {
        var file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        return Files.writeString(file, String.join("\n", rows) + "\n");
    }

    /** Statistics of a model that answers all items with a rule's text. */
    static <I extends Item> List<Statistic> texts(Benchmark<I> benchmark, Function<I, String> text, Instruments instruments) {
        return summary(benchmark, benchmark.items().stream().map(item -> (Response) new Response.Written(text.apply(item), false, 1))
            .toList(), instruments);
    }

    /** Statistics of a model's answers to all items. */
    static <I extends Item> List<Statistic> of(Benchmark<I> benchmark, Subject subject, Instruments instruments) {
        return summary(benchmark, subject.answer(benchmark.items().stream().map(item ->
            new Subject.Asked(benchmark.request(item, Setting.BARE), 0)).toList()), instruments);
    }

    private static <I extends Item> List<Statistic> summary(Benchmark<I> benchmark, List<Response> responses, Instruments instruments) {
        var items = benchmark.items();
        var answers = IntStream.range(0, items.size()).mapToObj(i -> new Answer<>(items.get(i), Setting.BARE, 0,
            benchmark.request(items.get(i), Setting.BARE), responses.get(i))).toList();
        var scores = benchmark.score(answers, instruments);
        return benchmark.summarise(IntStream.range(0, items.size()).mapToObj(i -> new Row<>(items.get(i), Setting.BARE, 0, scores.get(i)))
            .toList());
    }

    /** The score of the first item. */
    static <I extends Item> Score first(Benchmark<I> benchmark, Response response) {
        var item = benchmark.items().getFirst();
        Request request = benchmark.request(item, Setting.BARE);
        return benchmark.score(List.of(new Answer<>(item, Setting.BARE, 0, request, response)), Instruments.NONE).getFirst();
    }

    /** The same, of a text. */
    static double first(Benchmark<?> benchmark, String text, String measure) {
        return first(benchmark, new Response.Written(text, false, 1)).value(measure).asNumber().orElse(Double.NaN);
    }

    /** A measure over all items; not a number where it is missing. */
    static double value(List<Statistic> statistics, String measure) {
        return statistic(statistics, measure).value().orElse(Double.NaN);
    }

    static Statistic statistic(List<Statistic> statistics, String measure) {
        return statistics.stream().filter(one -> one.name().equals(measure) && one.slice().isEmpty()).findFirst().orElseThrow();
    }
}
