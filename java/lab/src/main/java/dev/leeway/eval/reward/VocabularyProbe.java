package dev.leeway.eval.reward;

import dev.leeway.LeewayException;
import dev.leeway.eval.Answer;
import dev.leeway.eval.Benchmark;
import dev.leeway.eval.Card;
import dev.leeway.eval.DataFolder;
import dev.leeway.eval.Entry;
import dev.leeway.eval.Instruments;
import dev.leeway.eval.Item;
import dev.leeway.eval.Means;
import dev.leeway.eval.Options;
import dev.leeway.eval.Request;
import dev.leeway.eval.Row;
import dev.leeway.eval.Score;
import dev.leeway.eval.Setting;
import dev.leeway.eval.Source;
import dev.leeway.eval.Statistic;
import dev.leeway.eval.TokenTexts;
import dev.leeway.text.Tokenizer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/** {@code vocabulary}: every text that a token of a vocabulary decodes to, as the whole answer to a prompt (Christian et al. 2025). */
public final class VocabularyProbe implements Benchmark<VocabularyProbe.Token> {

    private static final String REWARD = "reward";
    private static final String TOKENIZER = "tokenizer.json";
    private static final Options.Known NAMED = new Options.Known("tokenizer", TOKENIZER, "the rated model's own, by its path below a "
        + "folder of --data");
    private static final int SHOWN = 20;
    /** Answers of a run: each is a record, and all are held until the summary. */
    private static final int MOST = 1_000_000;

    private final Card card;
    private final List<Token> items;

    private VocabularyProbe(Card card, List<Token> items) {
        this.card = card;
        this.items = List.copyOf(items);
    }

    /**
     * A text as an answer.
     *
     * @param prompt that it answers
     * @param token the first that decodes to it
     * @param text that it decodes to
     */
    public record Token(ProbePrompt prompt, int token, String text) implements Item {

        @Override
        public String id() {
            return prompt.key() + "/" + token + " " + text;
        }
    }

    static Entry entry() {
        var source = WordProbe.source("Christian et al. 2025, FAccT; 2026, arXiv 2601.20838", List.of(TOKENIZER, WordProbe.PROMPTS));
        var card = new Card("vocabulary", 1, "What a reward model gives to every text that a token decodes to", source,
            new Card.Measure(REWARD, Card.Kind.REAL), Card.Better.NEITHER, 1);
        var prompt = new Options.Known("prompts", "greatest_ever_one", "the key of a prompt, or all of them");
        return new Entry(card, List.of(prompt, NAMED), (data, options) -> new VocabularyProbe(card,
            items(tokenizer(source, data, options.text(NAMED.name())), WordProbe.prompts(card, data, options.text(prompt.name())))));
    }

    /** The file with this very path: a folder's own isn't another one's. */
    private static Path tokenizer(Source source, DataFolder data, String name) {
        var found = data.find(source, name).filter(file -> file.endsWith(name));
        return found.orElseThrow(() -> LeewayException.data("there is no %s in the folders of --data, whose texts vocabulary rates; "
            + "name the rated model's own with vocabulary.tokenizer, by its path below a folder of --data", name));
    }

    private static List<Token> items(Path file, List<ProbePrompt> prompts) {
        try (var tokenizer = Tokenizer.load(file)) {
            var distinct = TokenTexts.of(tokenizer, tokenizer.vocabSize()).distinct();
            requireFew(distinct.size(), prompts.size());
            return prompts.stream().flatMap(prompt -> distinct.entrySet().stream()
                .map(token -> new Token(prompt, token.getValue(), token.getKey()))).toList();
        }
    }

    static void requireFew(long texts, int prompts) {
        if (texts * prompts > MOST) {
            throw LeewayException.usage("vocabulary.prompts asks for %d answers (%d texts for each of %d prompts), and a run takes %d at "
                + "most: name one prompt, or use leeway probe reward --vocabulary once a prompt, which keeps rewards alone",
                texts * prompts, texts, prompts, MOST);
        }
    }

    @Override
    public Card card() {
        return card;
    }

    @Override
    public List<Token> items() {
        return items;
    }

    /** None: its numbers are of a whole vocabulary. */
    @Override
    public List<Token> first(int limit) {
        throw WordProbe.unlimited(card);
    }

    @Override
    public Request request(Token item, Setting setting) {
        return new Request.Rate(setting.prompt().around(item.prompt().text()), item.text());
    }

    @Override
    public List<Score> score(List<Answer<Token>> answers, Instruments instruments) {
        return answers.stream().map(answer -> Score.of(REWARD, RewardProbes.reward(answer.response()))).toList();
    }

    /** The mean; by prompt variance and skewness, and the rewards of the first and last twenty texts. */
    @Override
    public List<Statistic> summarise(List<Row<Token>> rows) {
        var statistics = new ArrayList<>(Means.of(rows));
        for (var key : items.stream().map(item -> item.prompt().key()).distinct().toList()) {
            var found = rows.stream().filter(row -> row.item().prompt().key().equals(key)).flatMap(row -> row.score().value(REWARD)
                .asNumber().stream().mapToObj(reward -> new VocabularyScan.Token(row.item().token(), row.item().text(), reward))).toList();
            if (!found.isEmpty()) {
                add(statistics, "prompt=" + key, new VocabularyScan(found));
            }
        }
        return statistics;
    }

    private static void add(List<Statistic> statistics, String slice, VocabularyScan scan) {
        statistics.add(number("variance", slice, scan.moments().variance(), scan.tokens().size()));
        statistics.add(number("skewness", slice, scan.moments().skewness(), scan.tokens().size()));
        scan.top(SHOWN).forEach(token -> statistics.add(number("top", slice + " token=" + token.text(), token.reward(), 1)));
        scan.bottom(SHOWN).forEach(token -> statistics.add(number("bottom", slice + " token=" + token.text(), token.reward(), 1)));
    }

    private static Statistic number(String name, String slice, double value, long items) {
        return new Statistic(name, slice, OptionalDouble.of(value), Optional.empty(), items, 0);
    }
}
