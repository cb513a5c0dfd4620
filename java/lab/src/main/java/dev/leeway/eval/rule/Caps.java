package dev.leeway.eval.rule;

import dev.leeway.eval.Answer;
import dev.leeway.eval.Benchmark;
import dev.leeway.eval.Card;
import dev.leeway.eval.DataFolder;
import dev.leeway.eval.Entry;
import dev.leeway.eval.Instruments;
import dev.leeway.eval.Options;
import dev.leeway.eval.Request;
import dev.leeway.eval.Response.Written;
import dev.leeway.eval.Score;
import dev.leeway.eval.Setting;
import dev.leeway.eval.Value;
import dev.leeway.eval.rule.Prompts.PromptItem;
import dev.leeway.text.Capitals;
import java.util.List;
import java.util.stream.Stream;

/**
 * {@code caps}: whether answers are in capitals: more than a cut-off of the letters that have a case are upper case.
 *
 * @param items prompts of any kind
 * @param above the share that an answer must exceed
 * @param sampling how answers are drawn
 */
public record Caps(List<PromptItem> items, double above, Request.Sampling sampling) implements Benchmark<PromptItem> {

    private static final Card CARD = new Card("caps", 1, "Answers in capital letters", Prompts.SOURCE,
        new Card.Measure("caps", Card.Kind.BINARY), Card.Better.NEITHER, 1);
    private static final List<String> MEASURES = List.of("caps", "share");

    /** Takes a copy. */
    public Caps {
        items = List.copyOf(items);
    }

    /** The benchmark for the list of all. */
    public static Entry entry() {
        var options = Stream.concat(Stream.of(Prompts.OPTION,
            new Options.Known("above", "0.8", "the share of upper-case letters that an answer in capitals exceeds")),
            Scoring.drawing("1", 300).stream()).toList();
        return new Entry(CARD, options, Caps::load);
    }

    private static Caps load(DataFolder data, Options options) {
        return new Caps(Prompts.load(data, options), options.number("above", 0, 1), Scoring.sampling(options));
    }

    @Override
    public Card card() {
        return CARD;
    }

    @Override
    public Request request(PromptItem item, Setting setting) {
        return new Request.Write(setting.prompt().around(item.turns()), sampling);
    }

    @Override
    public List<Score> score(List<Answer<PromptItem>> answers, Instruments instruments) {
        return Scoring.each(answers, MEASURES, (_, written) -> score(written));
    }

    private Score score(Written written) {
        double share = Capitals.share(written.text());
        boolean hasCase = written.text().codePoints().anyMatch(letter -> Character.isLowerCase(letter) || Character.isUpperCase(letter)
            || Character.isTitleCase(letter));
        return Scoring.score(MEASURES, Value.of(share > above),
            hasCase ? Value.of(share) : Value.missing("the answer has no letters that have a case"));
    }
}
