package dev.leeway.eval.qa;

import dev.leeway.eval.Answer;
import dev.leeway.eval.Benchmark;
import dev.leeway.eval.Card;
import dev.leeway.eval.DataFolder;
import dev.leeway.eval.Instruments;
import dev.leeway.eval.Options;
import dev.leeway.eval.Request;
import dev.leeway.eval.Score;
import dev.leeway.eval.Setting;
import java.util.HashSet;
import java.util.List;
import java.util.stream.Stream;

/**
 * Questions that are answered in the model's own words: one user message, drawn at a temperature.
 *
 * @param card what it is
 * @param items its questions
 * @param asked how they are asked
 * @param sampling how answers are drawn
 * @param marking what they are worth
 */
record FreeAnswers(Card card, List<QaItem> items, Asked asked, Request.Sampling sampling, Marking marking) implements Benchmark<QaItem> {

    private static final Options.Known TEMPERATURE = new Options.Known("temperature", "0.8", "that answers are drawn at; 0 = greedy");
    private static final Options.Known LONGEST = new Options.Known("max_new_tokens", "300", "tokens of an answer at most");
    private static final Options.Known DUPLICATES = new Options.Known("duplicates", "keep", "keep: as the data has them; drop: of "
        + "questions that are the same, the first alone");
    private static final int MOST_TOKENS = 100_000;
    private static final double HOTTEST = 10;

    /** Takes a copy. */
    FreeAnswers {
        items = List.copyOf(items);
    }

    /**
     * How items are asked.
     *
     * @param form how a prompt is put together
     * @param contexts that each is asked in
     * @param statements what circumstances are told by
     */
    record Asked(Form form, List<Context> contexts, Statements statements) {

        static Asked load(DataFolder data, Options options, Form form) {
            var contexts = Context.chosen(options);
            return new Asked(form, contexts, Statements.load(data, contexts, options));
        }

        /** What a user says. */
        String prompt(QaItem item, String context) {
            var named = context.equals(Setting.PLAIN) ? Context.PLAIN : Context.named(context);
            return form.compose(named, statements.of(named.circumstance(), item.id()), item);
        }

        List<String> names() {
            return contexts.stream().map(Context::name).toList();
        }
    }

    /** Options that all benchmarks of this kind have, before their own. */
    static List<Options.Known> options(Options.Known... own) {
        return Stream.concat(Stream.of(Marking.OPTION, Context.OPTION, Statements.OPTION, TEMPERATURE, LONGEST, DUPLICATES),
            Stream.of(own)).toList();
    }

    /** What a run asks for. */
    static FreeAnswers of(Card card, List<QaItem> items, Asked asked, Options options, Marking marking) {
        var sampling = Request.Sampling.at(options.number(TEMPERATURE.name(), 0, HOTTEST), options.count(LONGEST.name(), 1, MOST_TOKENS));
        return new FreeAnswers(card, distinct(items, options), asked, sampling, marking);
    }

    static List<QaItem> distinct(List<QaItem> items, Options options) {
        if (options.choice(DUPLICATES.name(), "keep", "drop").equals("keep")) {
            return items;
        }
        var seen = new HashSet<String>();
        return items.stream().filter(item -> seen.add(item.question())).toList();
    }

    @Override
    public List<String> contexts() {
        return asked.names();
    }

    @Override
    public Request request(QaItem item, Setting setting) {
        return new Request.Write(setting.prompt().around(asked.prompt(item, setting.context())), sampling);
    }

    @Override
    public Needs needs() {
        return marking.rule().isPresent() ? Needs.NOTHING : Needs.JUDGE;
    }

    @Override
    public List<Score> score(List<Answer<QaItem>> answers, Instruments instruments) {
        return marking.mark(answers, instruments);
    }
}
