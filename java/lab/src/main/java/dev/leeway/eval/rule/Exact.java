package dev.leeway.eval.rule;

import dev.leeway.LeewayException;
import dev.leeway.eval.Answer;
import dev.leeway.eval.Benchmark;
import dev.leeway.eval.Card;
import dev.leeway.eval.DataFolder;
import dev.leeway.eval.Entry;
import dev.leeway.eval.Instruments;
import dev.leeway.eval.Options;
import dev.leeway.eval.Request;
import dev.leeway.eval.Response.Unable;
import dev.leeway.eval.Response.Weight;
import dev.leeway.eval.Response.Weighed;
import dev.leeway.eval.Response.Written;
import dev.leeway.eval.Score;
import dev.leeway.eval.Setting;
import dev.leeway.eval.Source;
import dev.leeway.eval.Value;
import dev.leeway.eval.rule.ExactRows.ExactItem;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/**
 * {@code exact}: a user's own rows: what is written is the answer, or the answer is the most probable of given options.
 *
 * @param items the rows
 * @param form what differences between texts don't count
 * @param sampling how answers are drawn
 */
public record Exact(List<ExactItem> items, TextForm form, Request.Sampling sampling) implements Benchmark<ExactItem> {

    private static final Source SOURCE = new Source("that of the rows", "the user's own rows", Optional.empty(), List.of(),
        "give one file of JSON rows with --data, or name it with --set exact.file=NAME");
    private static final Card CARD = new Card("exact", 1, "The user's own rows: the same text, or the most probable option", SOURCE,
        new Card.Measure("exact", Card.Kind.BINARY), Card.Better.HIGHER, 1);
    private static final List<String> OF_TEXTS = List.of("exact", "contains");
    private static final List<String> OF_OPTIONS = List.of("exact", "exact_by_token");

    /** Takes a copy. */
    public Exact {
        items = List.copyOf(items);
    }

    /** The benchmark for the list of all. */
    public static Entry entry() {
        return new Entry(CARD, List.of(
            new Options.Known("file", "", "which of the given files; needed where there are several"),
            new Options.Known("columns", "", "the file's names, such as prompt=question,answer=label"),
            new Options.Known("same", "space", "what doesn't count: space, case (and space), words (all but letters and digits, too)"),
            new Options.Known("stop", "", "a text that ends an answer, such as a line end written as \\n"),
            new Options.Known("temperature", "0", "0 = the most probable token"),
            new Options.Known("max_new_tokens", "64", "tokens an answer has at most")), Exact::load);
    }

    private static Exact load(DataFolder data, Options options) {
        var form = TextForm.valueOf(options.choice("same", "space", "case", "words").toUpperCase(Locale.ROOT));
        var columns = Fields.columns("exact.columns", options.text("columns"), ExactRows.PARTS);
        var stop = options.text("stop").replace("\\n", "\n");
        var sampling = Scoring.sampling(options);
        return new Exact(ExactRows.read(file(data, options.text("file")), columns), form, stop.isEmpty() ? sampling : sampling.until(stop));
    }

    private static Path file(DataFolder data, String name) {
        if (!name.isEmpty()) {
            return data.file(SOURCE, name);
        }
        var given = data.givenFiles();
        if (given.size() != 1) {
            throw LeewayException.usage("exact scores one file of your rows, and --data names %s; %s", given.isEmpty() ? "none" : given,
                SOURCE.howToGet());
        }
        return given.getFirst();
    }

    @Override
    public Card card() {
        return CARD;
    }

    @Override
    public Request request(ExactItem item, Setting setting) {
        var prompt = item.prompt(setting.prompt());
        return item.options().isEmpty() ? new Request.Write(prompt, sampling) : new Request.Weigh(prompt, item.options());
    }

    @Override
    public List<Score> score(List<Answer<ExactItem>> answers, Instruments instruments) {
        return answers.stream().map(this::score).toList();
    }

    private Score score(Answer<ExactItem> answer) {
        return switch (answer.response()) {
            case Written written -> written(answer.item(), written);
            case Weighed weighed -> weighed(answer.item(), weighed);
            case Unable unable -> Scoring.missing(answer.item().options().isEmpty() ? OF_TEXTS : OF_OPTIONS, unable.reason());
            case Object other -> throw new IllegalArgumentException("a text or weights were asked for, not " + other);
        };
    }

    private Score written(ExactItem item, Written written) {
        var text = form.of(written.text());
        var right = form.of(item.answer());
        return Scoring.score(OF_TEXTS, Value.of(text.equals(right)), Value.of(!right.isEmpty() && text.contains(right)));
    }

    private static Score weighed(ExactItem item, Weighed weighed) {
        int right = item.options().indexOf(item.answer());
        return Scoring.score(OF_OPTIONS, Value.of(best(weighed, Weight::logProb) == right),
            Value.of(best(weighed, weight -> weight.logProb() / Math.max(1, weight.tokens())) == right));
    }

    /** The first of the best. */
    private static int best(Weighed weighed, ToDoubleFunction<Weight> by) {
        var weights = weighed.weights();
        return IntStream.range(0, weights.size()).reduce((best, o) ->
            by.applyAsDouble(weights.get(o)) > by.applyAsDouble(weights.get(best)) ? o : best).orElseThrow();
    }
}
