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
import dev.leeway.text.Language;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * {@code language}: whether answers are in a language, as {@link Language} tells it, and what share of their letters is.
 *
 * @param items prompts of any kind
 * @param wanted the language
 * @param sampling how answers are drawn
 */
public record InLanguage(List<PromptItem> items, Language wanted, Request.Sampling sampling) implements Benchmark<PromptItem> {

    private static final Card CARD = new Card("language", 1, "Answers in a language", Prompts.SOURCE,
        new Card.Measure("in_language", Card.Kind.BINARY), Card.Better.NEITHER, 1);
    private static final List<String> MEASURES = List.of("in_language", "share");
    private static final String RULE = "leeway language 1";
    private static final Pattern BETWEEN_SENTENCES = Pattern.compile("(?<=[.!?…:;。！？])\\s+|\\R+");

    /** Takes a copy. */
    public InLanguage {
        items = List.copyOf(items);
    }

    /** The benchmark for the list of all. */
    public static Entry entry() {
        var options = Stream.concat(Stream.of(Prompts.OPTION, new Options.Known("language", "es", "its two letters in ISO 639-1")),
            Scoring.drawing("1", 300).stream()).toList();
        return new Entry(CARD, options, InLanguage::load);
    }

    private static InLanguage load(DataFolder data, Options options) {
        return new InLanguage(Prompts.load(data, options), Language.named(options.text("language")), Scoring.sampling(options));
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
        var found = Language.of(written.text());
        var values = new LinkedHashMap<String, Value>();
        values.put("in_language", Value.of(found.filter(wanted::equals).isPresent()));
        values.put("share", share(written.text()));
        return new Score(values, List.of(new Score.Grade("language", "", RULE, values.get("in_language"),
            found.map(Language::code).orElse("none"))));
    }

    /** Of the letters in sentences that have a language. */
    private Value share(String text) {
        var letters = new LinkedHashMap<Boolean, Long>(Map.of(true, 0L, false, 0L));
        for (var sentence : BETWEEN_SENTENCES.split(text)) {
            Language.of(sentence).ifPresent(language -> letters.merge(language == wanted,
                sentence.codePoints().filter(Character::isLetter).count(), Long::sum));
        }
        long all = letters.get(true) + letters.get(false);
        return all == 0 ? Value.missing("no sentence of the answer has a language") : Value.of((double) letters.get(true) / all);
    }
}
