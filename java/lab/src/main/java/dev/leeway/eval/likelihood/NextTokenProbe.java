package dev.leeway.eval.likelihood;

import dev.leeway.eval.Answer;
import dev.leeway.eval.Benchmark;
import dev.leeway.eval.Card;
import dev.leeway.eval.Entry;
import dev.leeway.eval.Instruments;
import dev.leeway.eval.Item;
import dev.leeway.eval.Options;
import dev.leeway.eval.Request;
import dev.leeway.eval.Response;
import dev.leeway.eval.Score;
import dev.leeway.eval.Score.Grade;
import dev.leeway.eval.Setting;
import dev.leeway.eval.Subject;
import dev.leeway.eval.Value;
import dev.leeway.eval.reward.Dictionary;
import dev.leeway.eval.reward.ProbePrompt;
import dev.leeway.eval.reward.WordProbe;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.SequencedMap;
import java.util.function.Predicate;

/**
 * {@code mwlr}: what the model would rather say than the reference model as its first word, by {@link LogRatio}: the mean over the case
 * and space variants of two words, and over all variants of the words of each category.
 */
public final class NextTokenProbe implements Benchmark<NextTokenProbe.Asked> {

    private static final String DICTIONARY = "corpora/dict_big2_expanded.csv";
    private static final List<String> WORDS = List.of("freedom", "love");

    private final Card card;
    private final Dictionary dictionary;
    private final List<Asked> items;
    private final Set<String> texts;

    private NextTokenProbe(Card card, Dictionary dictionary, List<ProbePrompt> prompts) {
        this.card = card;
        this.dictionary = dictionary;
        this.items = prompts.stream().map(Asked::new).toList();
        var all = new LinkedHashSet<String>();
        WORDS.forEach(word -> all.addAll(variants(word)));
        dictionary.categories().keySet().forEach(word -> all.addAll(variants(word)));
        this.texts = all;
    }

    /**
     * A prompt whose first word is looked at.
     *
     * @param prompt what is asked
     */
    public record Asked(ProbePrompt prompt) implements Item {

        @Override
        public String id() {
            return prompt.key();
        }

        @Override
        public Map<String, String> slices() {
            return Map.of("framing", prompt.framing().label());
        }
    }

    static Entry entry() {
        var source = WordProbe.source("Christian et al. 2026, arXiv 2601.20838; dictionary: Pietraszkiewicz et al. 2019",
            List.of(DICTIONARY, WordProbe.PROMPTS));
        var card = new Card("mwlr", 1, "Which words a model says rather than a reference model", source,
            new Card.Measure("freedom", Card.Kind.REAL), Card.Better.NEITHER, 1);
        var chosen = new Options.Known("prompts", "greatest_ever_one", "the key of a prompt, or all of them");
        return new Entry(card, List.of(chosen), (data, options) -> new NextTokenProbe(card,
            Dictionary.read(data.file(source, DICTIONARY)), WordProbe.prompts(card, data, options.text(chosen.name()))));
    }

    /** A word in lower case, with a capital and in capitals, each with and without a space before it. */
    static List<String> variants(String word) {
        var capital = word.substring(0, 1).toUpperCase(Locale.ROOT) + word.substring(1);
        var variants = new ArrayList<String>();
        for (var spelling : new LinkedHashSet<>(List.of(word, capital, word.toUpperCase(Locale.ROOT)))) {
            variants.add(spelling);
            variants.add(" " + spelling);
        }
        return variants;
    }

    @Override
    public Card card() {
        return card;
    }

    @Override
    public List<Asked> items() {
        return items;
    }

    @Override
    public Needs needs() {
        return Needs.REFERENCE;
    }

    @Override
    public Request request(Asked item, Setting setting) {
        return new Request.Next(setting.prompt().around(item.prompt().text()), texts);
    }

    @Override
    public List<Score> score(List<Answer<Asked>> answers, Instruments instruments) {
        var others = instruments.reference().orElseThrow().answer(answers.stream()
            .map(answer -> new Subject.Asked(answer.request(), 0)).toList());
        var scores = new ArrayList<Score>();
        for (int i = 0; i < others.size(); i++) {
            scores.add(score(answers.get(i).response(), others.get(i)));
        }
        return scores;
    }

    private Score score(Response own, Response other) {
        if (own instanceof Response.Unable unable) {
            return missing(unable.reason());
        }
        if (other instanceof Response.Unable unable) {
            return missing("the reference model: " + unable.reason());
        }
        if (!(own instanceof Response.Distribution first && other instanceof Response.Distribution second)) {
            throw new IllegalArgumentException("distributions were asked for; got " + own + " and " + other);
        }
        var ratios = LogRatio.of(first, second);
        var values = new LinkedHashMap<String, Value>();
        WORDS.forEach(word -> values.put(word, mean(ratios, variants(word)::contains)));
        dictionary.names().forEach(category -> values.put(category.toLowerCase(Locale.ROOT),
            mean(ratios, text -> dictionary.categoryOf(text).filter(category::equals).isPresent())));
        return new Score(values, ratios.entrySet().stream()
            .map(ratio -> new Grade(ratio.getKey(), "", "mwlr", Value.of(ratio.getValue()), "")).toList());
    }

    private Score missing(String reason) {
        var values = new LinkedHashMap<String, Value>();
        WORDS.forEach(word -> values.put(word, Value.missing(reason)));
        dictionary.names().forEach(category -> values.put(category.toLowerCase(Locale.ROOT), Value.missing(reason)));
        return new Score(values, List.of());
    }

    private static Value mean(SequencedMap<String, Double> ratios, Predicate<String> wanted) {
        var mean = ratios.entrySet().stream().filter(ratio -> wanted.test(ratio.getKey())).mapToDouble(Map.Entry::getValue).average();
        return mean.isPresent() ? Value.of(mean.getAsDouble())
            : Value.missing("no such word is a token of both models' vocabularies");
    }
}
