package dev.leeway.eval.likelihood;

import dev.leeway.eval.Answer;
import dev.leeway.eval.Benchmark;
import dev.leeway.eval.Card;
import dev.leeway.eval.DataFolder;
import dev.leeway.eval.Entry;
import dev.leeway.eval.Instruments;
import dev.leeway.eval.Options;
import dev.leeway.eval.Request;
import dev.leeway.eval.Response;
import dev.leeway.eval.Row;
import dev.leeway.eval.Score;
import dev.leeway.eval.Setting;
import dev.leeway.eval.Value;
import dev.leeway.eval.reward.Dictionary;
import dev.leeway.eval.reward.WordProbe;
import dev.leeway.eval.reward.WordRanks;
import java.util.List;

/**
 * {@code first_word}: how probable a language model finds each word of a dictionary as the beginning of its answer, whether it is one
 * token or several: ln of the sum over the word's case and space variants, and its rank among the words. From two models' values follows,
 * word by word, what one would rather say than the other ({@link LogRatio}).
 */
public final class FirstWordProbe implements Benchmark<WordProbe.Word> {

    /** The benchmark's name. */
    public static final String ID = "first_word";
    /** Of the word's variants together, in nats. */
    public static final String LOG_PROB = "log_prob";

    private final Card card;
    private final List<WordProbe.Word> items;

    private FirstWordProbe(Card card, List<WordProbe.Word> items) {
        this.card = card;
        this.items = List.copyOf(items);
    }

    static Entry entry() {
        var source = WordProbe.source("Christian et al. 2026, arXiv 2601.20838; dictionary: Pietraszkiewicz et al. 2019",
            List.of(WordProbe.NOUNS, WordProbe.PROMPTS));
        var card = new Card(ID, 1, "Which of agency's and communion's words a language model would say first", source,
            new Card.Measure(LOG_PROB, Card.Kind.REAL), Card.Better.NEITHER, 1);
        var chosen = new Options.Known("prompts", "greatest_ever_one", "the key of a prompt, or all of them");
        return new Entry(card, List.of(chosen), (data, options) -> load(card, data, options.text(chosen.name())));
    }

    private static FirstWordProbe load(Card card, DataFolder data, String chosen) {
        var words = Dictionary.read(data.file(card.source(), WordProbe.NOUNS));
        return new FirstWordProbe(card, WordProbe.words(words, WordProbe.prompts(card, data, chosen)));
    }

    @Override
    public Card card() {
        return card;
    }

    @Override
    public List<WordProbe.Word> items() {
        return items;
    }

    /** None: ranks are among all words. */
    @Override
    public List<WordProbe.Word> first(int limit) {
        throw WordProbe.unlimited(card);
    }

    @Override
    public Request request(WordProbe.Word item, Setting setting) {
        return new Request.Weigh(setting.prompt().around(item.prompt().text()), NextTokenProbe.variants(item.word()));
    }

    @Override
    public List<Score> score(List<Answer<WordProbe.Word>> answers, Instruments instruments) {
        return answers.stream().map(answer -> Score.of(LOG_PROB, logProb(answer.response()))).toList();
    }

    private static Value logProb(Response response) {
        if (response instanceof Response.Unable unable) {
            return Value.missing(unable.reason());
        }
        if (!(response instanceof Response.Weighed weighed)) {
            throw new IllegalArgumentException("weights were asked for; got " + response);
        }
        double most = weighed.weights().stream().mapToDouble(Response.Weight::logProb).max().orElseThrow();
        return Value.of(most + Math.log(weighed.weights().stream().mapToDouble(weight -> Math.exp(weight.logProb() - most)).sum()));
    }

    @Override
    public List<Row<WordProbe.Word>> amongAll(List<Row<WordProbe.Word>> rows) {
        return WordRanks.with(rows, row -> row.item().prompt().key(), LOG_PROB);
    }
}
