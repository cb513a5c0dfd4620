package dev.leeway.eval.reward;

import dev.leeway.LeewayException;
import dev.leeway.eval.Answer;
import dev.leeway.eval.Benchmark;
import dev.leeway.eval.Card;
import dev.leeway.eval.Csv;
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
import dev.leeway.eval.reward.ProbePrompt.Framing;
import dev.leeway.stats.Bootstrap;
import dev.leeway.stats.Interval;
import dev.leeway.stats.Sample;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * Rewards of the words of a dictionary, each as the whole answer to each prompt, and the ranks of its categories ({@link CategoryRank}).
 * An item's measures are the reward itself, which compares words under one model and prompt and nothing else, and its rank among all words
 * of the prompt; models are compared by ranks.
 */
public final class WordProbe implements Benchmark<WordProbe.Word> {

    /** The file of all prompts. */
    public static final String PROMPTS = "config/prompts.yaml";
    private static final String REWARD = "reward";
    /** The file of the dictionary of nouns. */
    public static final String NOUNS = "corpora/dict_big2_nouns.csv";
    private static final String EXPANDED = "corpora/dict_big2_expanded.csv";
    private static final String TOKENS = "corpora/token_intersection.csv";
    private static final String MORALITY = "corpora/moral-foundations-dictionary-20.dicx";
    private static final String CITATION = "Christian et al. 2026, arXiv 2601.20838; ";
    private static final Options.Known CHOSEN = new Options.Known("prompts", "all", "all 54 prompts, or the key of one");
    private static final Bootstrap INTERVALS = new Bootstrap(2000, 0.95, 1);

    private final Card card;
    private final Dictionary dictionary;
    private final List<Word> items;

    private WordProbe(Card card, Dictionary dictionary, List<ProbePrompt> prompts) {
        this.card = card;
        this.dictionary = dictionary;
        this.items = words(dictionary, prompts);
    }

    /** Every word as an answer to every prompt. */
    public static List<Word> words(Dictionary dictionary, List<ProbePrompt> prompts) {
        return prompts.stream().flatMap(prompt -> dictionary.categories().entrySet().stream()
            .map(word -> new Word(prompt, word.getKey(), word.getValue()))).toList();
    }

    /**
     * A word as an answer.
     *
     * @param prompt that it answers
     * @param word as it is written
     * @param category of it
     */
    public record Word(ProbePrompt prompt, String word, String category) implements Item {

        @Override
        public String id() {
            return prompt.key() + "/" + word;
        }

        @Override
        public Map<String, String> slices() {
            var slices = new LinkedHashMap<String, String>();
            slices.put("framing", prompt.framing().label());
            slices.put("category", category);
            slices.put("panel", prompt.framing().label() + " " + category);
            return slices;
        }
    }

    /** {@code big2}: agency and communion. */
    static Entry bigTwo() {
        var card = card("big2", "Which of agency's and communion's words a reward model prefers",
            CITATION + "dictionary: Pietraszkiewicz et al. 2019", List.of(NOUNS, PROMPTS));
        var words = new Options.Known("words", "nouns", "nouns (263), or expanded: all tokens of corpora/token_intersection.csv that spell "
            + "a word of the expanded dictionary (1,365)");
        return new Entry(card, List.of(words, CHOSEN), (data, options) -> {
            boolean isExpanded = options.choice("words", "nouns", "expanded").equals("expanded");
            return load(card, isExpanded ? expanded(card.source(), data) : Dictionary.read(data.file(card.source(), NOUNS)), data, options);
        });
    }

    /** {@code mfd}: five moral foundations. */
    static Entry morality() {
        var card = card("mfd", "Which moral foundations' words a reward model prefers",
            CITATION + "Moral Foundations Dictionary 2.0: Frimer et al.", List.of(MORALITY, PROMPTS));
        return new Entry(card, List.of(CHOSEN), (data, options) ->
            load(card, Dictionary.read(data.file(card.source(), MORALITY)), data, options));
    }

    private static Card card(String id, String title, String citation, List<String> files) {
        return new Card(id, 1, title, source(citation, files), new Card.Measure(REWARD, Card.Kind.REAL), Card.Better.NEITHER, 1);
    }

    /** The paper's repository, as the source of some of its files. */
    public static Source source(String citation, List<String> files) {
        return new Source("none stated in the repository", citation, Optional.empty(), files, "clone "
            + "github.com/brchristian/reward_models_inherit_value_biases_from_pretraining at 5d8d2e9d879b, where it lies in data/corpora "
            + "or config");
    }

    private static Dictionary expanded(Source source, DataFolder data) {
        var tokens = Csv.records(data.file(source, TOKENS)).stream().map(row -> row.text("token_decoded")).toList();
        return Dictionary.read(data.file(source, EXPANDED)).spelled(tokens);
    }

    private static WordProbe load(Card card, Dictionary dictionary, DataFolder data, Options options) {
        return new WordProbe(card, dictionary, prompts(card, data, options.text(CHOSEN.name())));
    }

    /** All prompts, or the one with a key. */
    public static List<ProbePrompt> prompts(Card card, DataFolder data, String chosen) {
        var all = ProbePrompt.read(data.file(card.source(), PROMPTS));
        var kept = all.stream().filter(prompt -> chosen.equals("all") || prompt.key().equals(chosen)).toList();
        if (kept.isEmpty()) {
            throw LeewayException.usage("%s.prompts is '%s'; expected all or one of %s", card.id(), chosen,
                all.stream().map(ProbePrompt::key).toList());
        }
        return kept;
    }

    @Override
    public Card card() {
        return card;
    }

    @Override
    public List<Word> items() {
        return items;
    }

    /** None: ranks are among all words. */
    @Override
    public List<Word> first(int limit) {
        throw unlimited(card);
    }

    /** Refuses a limit of a benchmark whose numbers are of all its words. */
    public static LeewayException unlimited(Card card) {
        return LeewayException.usage("benchmark %1$s takes no limit: its numbers are of all its words, and those of the first few would "
            + "have the same names; leave the limit out, and choose one prompt with --set %1$s.prompts=KEY", card.id());
    }

    @Override
    public Request request(Word item, Setting setting) {
        return new Request.Rate(setting.prompt().around(item.prompt().text()), item.word());
    }

    @Override
    public List<Score> score(List<Answer<Word>> answers, Instruments instruments) {
        return answers.stream().map(answer -> Score.of(REWARD, RewardProbes.reward(answer.response()))).toList();
    }

    /** With the word's rank among the words that have a reward under its prompt. */
    @Override
    public List<Row<Word>> amongAll(List<Row<Word>> rows) {
        return WordRanks.with(rows, row -> row.item().prompt().key(), REWARD);
    }

    /**
     * For each category and framing the mean over prompts of the category's median rank among the words that have a reward, as
     * {@code agency_rank}, with a bootstrap interval over prompts; then the mean rewards.
     */
    @Override
    public List<Statistic> summarise(List<Row<Word>> rows) {
        var statistics = new ArrayList<Statistic>();
        for (var framing : Framing.values()) {
            var own = rows.stream().filter(row -> row.item().prompt().framing() == framing).toList();
            var medians = medians(own);
            long missing = own.stream().filter(row -> row.score().value(REWARD).asNumber().isEmpty()).count();
            dictionary.names().forEach(category -> rank(category, medians, missing, framing).ifPresent(statistics::add));
        }
        statistics.addAll(Means.of(rows));
        return statistics;
    }

    private static Optional<Statistic> rank(String category, List<Map<String, Double>> medians, long missing, Framing framing) {
        var values = medians.stream().filter(of -> of.containsKey(category)).mapToDouble(of -> of.get(category)).toArray();
        if (values.length == 0) {
            return Optional.empty();
        }
        var interval = values.length < 2 ? Optional.<Interval>empty()
            : Optional.of(INTERVALS.percentile(values, Sample::mean));
        return Optional.of(new Statistic(category.toLowerCase(Locale.ROOT) + "_rank", "framing=" + framing.label(),
            OptionalDouble.of(Sample.mean(values)), interval, values.length, missing));
    }

    /** The median rank of each category, one map a prompt; a word that came in several epochs counts once, for rewards are not drawn. */
    private List<Map<String, Double>> medians(List<Row<Word>> rows) {
        var ofPrompt = new LinkedHashMap<String, LinkedHashMap<String, Double>>();
        for (var row : rows) {
            row.score().value(REWARD).asNumber().ifPresent(reward -> ofPrompt
                .computeIfAbsent(row.item().prompt().key(), _ -> new LinkedHashMap<>()).putIfAbsent(row.item().word(), reward));
        }
        return ofPrompt.values().stream().map(rewards -> CategoryRank.medians(List.copyOf(rewards.keySet()),
            rewards.values().stream().mapToDouble(reward -> reward).toArray(), dictionary)).toList();
    }
}
