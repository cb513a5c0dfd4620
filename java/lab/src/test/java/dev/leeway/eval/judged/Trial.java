package dev.leeway.eval.judged;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.leeway.eval.Answer;
import dev.leeway.eval.Benchmark;
import dev.leeway.eval.DataFolder;
import dev.leeway.eval.Entry;
import dev.leeway.eval.Instruments;
import dev.leeway.eval.Item;
import dev.leeway.eval.Options;
import dev.leeway.eval.Response;
import dev.leeway.eval.Row;
import dev.leeway.eval.Setting;
import dev.leeway.eval.Statistic;
import dev.leeway.eval.Subject;
import dev.leeway.judge.Judge;
import dev.leeway.judge.ScriptedJudge;
import dev.leeway.judge.Verdict;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;

/** One run of a benchmark, without what keeps its records. */
public final class Trial {

    private Trial() {
    }

    /** The files of the studies. */
    public static Path shared() {
        return Path.of(System.getProperty("leeway.shared")).resolve("data");
    }

    /** A benchmark of a folder's files. */
    public static Benchmark<?> load(Entry entry, Path folder, Map<String, String> options) {
        return entry.loader().load(new DataFolder(List.of(folder), folder.resolve("no-hub")),
            new Options(entry.card().id(), entry.options(), options));
    }

    /** Writes lines to a file of a folder. */
    public static void write(Path file, String... lines) {
        try {
            Files.createDirectories(file.getParent());
            Files.write(file, List.of(lines));
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    /** What a model writes to a prompt in an epoch. */
    public interface Writer {
        String text(Item item, int epoch);
    }

    /** Every item in every epoch, answered with these texts. */
    public static <I extends Item> List<Row<I>> texts(Benchmark<I> benchmark, int epochs, Writer writer, Judge... judges) {
        return rows(benchmark, epochs, answer -> new Response.Written(writer.text(answer.item(), answer.epoch()), false, 0), judges);
    }

    /** Every item once, answered by a subject. */
    public static <I extends Item> List<Row<I>> answered(Benchmark<I> benchmark, Subject subject, Judge... judges) {
        return rows(benchmark, 1, answer -> subject.answer(List.of(new Subject.Asked(answer.request(), 0))).getFirst(), judges);
    }

    /** Every item in every epoch. */
    public static <I extends Item> List<Row<I>> rows(Benchmark<I> benchmark, int epochs, Function<Answer<I>, Response> response,
            Judge... judges) {
        var answers = new ArrayList<Answer<I>>();
        for (I item : benchmark.items()) {
            for (int epoch = 0; epoch < epochs; epoch++) {
                var asked = new Answer<>(item, Setting.BARE, epoch, benchmark.request(item, Setting.BARE), new Response.Unable(""));
                answers.add(new Answer<>(item, Setting.BARE, epoch, asked.request(), response.apply(asked)));
            }
        }
        var scores = benchmark.score(answers, new Instruments(List.of(judges), Optional.empty(), Optional.empty(), 0));
        var rows = new ArrayList<Row<I>>();
        for (int a = 0; a < answers.size(); a++) {
            var answer = answers.get(a);
            rows.add(new Row<>(answer.item(), answer.setting(), answer.epoch(), scores.get(a)));
        }
        return rows;
    }

    /** Answers by the seed alone. */
    private static Judge bySeed() {
        return new ScriptedJudge("by seed", question -> {
            int size = question.options().size();
            return new Verdict.Given("GRADE: C, says " + question.seed(), false, size == 0 ? Map.of()
                : Map.of(question.options().get((int) (question.seed() % size)), 0.0), Verdict.Usage.NONE);
        });
    }

    /**
     * Fails unless answers that are scored one by one and backwards get the scores that they get together, from these judges and from one
     * who goes by the seed.
     */
    public static <I extends Item> void assertScoresAreTheirOwn(Benchmark<I> benchmark, Writer writer, Judge... judges) {
        var all = Stream.concat(Stream.of(judges), Stream.of(bySeed())).toList();
        var instruments = new Instruments(all, Optional.empty(), Optional.empty(), 3);
        var answers = benchmark.items().stream().map(item -> new Answer<>(item, Setting.BARE, 1, benchmark.request(item, Setting.BARE),
            new Response.Written(writer.text(item, 1), false, 0))).toList();
        var alone = answers.reversed().stream().flatMap(answer -> benchmark.score(List.of(answer), instruments).stream()).toList();
        assertEquals(benchmark.score(answers, instruments), alone.reversed());
    }

    /** The statistic of a name over a slice. */
    public static Statistic statistic(List<Statistic> statistics, String name, String slice) {
        return statistics.stream().filter(one -> one.name().equals(name) && one.slice().equals(slice)).findFirst().orElseThrow(() ->
            new AssertionError("no " + name + " [" + slice + "] among " + statistics));
    }

    /** The number of a statistic over a slice. */
    public static double number(List<Statistic> statistics, String name, String slice) {
        return statistic(statistics, name, slice).value().orElseThrow();
    }

    /** What a benchmark's summary says under a name, over all items. */
    public static <I extends Item> double number(Benchmark<I> benchmark, List<Row<I>> rows, String name) {
        return number(benchmark.summarise(rows), name, "");
    }
}
