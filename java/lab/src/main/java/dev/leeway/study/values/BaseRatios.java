package dev.leeway.study.values;

import dev.leeway.eval.likelihood.FirstWordProbe;
import dev.leeway.eval.likelihood.LogRatio;
import dev.leeway.io.JsonFile;
import dev.leeway.report.Markup;
import dev.leeway.report.Paragraph;
import dev.leeway.report.Part;
import dev.leeway.report.ScatterPlot;
import dev.leeway.report.Table;
import dev.leeway.study.Analysis;
import dev.leeway.study.StudyResults;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;
import tools.jackson.databind.node.ObjectNode;

/**
 * What one base model would rather say than the other ({@link LogRatio}), word by word, beside what the reward models that are made of them
 * give: the sign of a word's ratio against the sign of its difference in rank. Over the prompts that ask for something good.
 *
 * @param bases the exam of the base models
 * @param rewards the exam of the reward models
 */
public record BaseRatios(String bases, String rewards) implements Analysis {

    @Override
    public String name() {
        return "Base models and reward models";
    }

    /**
     * A word under two families.
     *
     * @param ratio mean over seeds and prompts: above 0 where the first base would rather say it
     * @param better mean rank of the second family's reward models − of the first's: above 0 where the first's prefer it
     */
    private record Word(String word, String category, double ratio, double better) {
    }

    private record Found(String first, String second, String source, List<Word> words) {

        private long sameSign() {
            return words.stream().filter(word -> Math.signum(word.ratio()) == Math.signum(word.better())).count();
        }
    }

    private List<Found> found(StudyResults results) {
        var models = Reading.of(results, bases).stream().filter(reading -> reading.step() < 0).toList();
        var families = Reading.families(models);
        var found = new ArrayList<Found>();
        WordRewards.ranks(results, rewards).forEach((source, ranks) -> {
            var both = families.stream().filter(ranks::containsKey).toList();
            for (int a = 0; a < both.size(); a++) {
                for (int b = a + 1; b < both.size(); b++) {
                    found.add(new Found(both.get(a), both.get(b), source, words(models, both.get(a), both.get(b), ranks)));
                }
            }
        });
        return found;
    }

    private static List<Word> words(List<Reading> models, String first, String second,
            SequencedMap<String, SequencedMap<String, Double>> ranks) {
        var ratios = new ArrayList<SequencedMap<String, Double>>();
        for (var one : models.stream().filter(model -> model.family().equals(first)).toList()) {
            models.stream().filter(model -> model.family().equals(second) && model.seed() == one.seed()).forEach(other ->
                ratios.add(ratios(one.praises(FirstWordProbe.LOG_PROB), other.praises(FirstWordProbe.LOG_PROB))));
        }
        var dictionary = models.getFirst().dictionary();
        var words = new ArrayList<Word>();
        WordRewards.means(ratios).forEach((word, ratio) -> {
            if (ranks.get(first).containsKey(word) && ranks.get(second).containsKey(word)) {
                words.add(new Word(word, dictionary.category(word).orElseThrow(), ratio, ranks.get(second).get(word)
                    - ranks.get(first).get(word)));
            }
        });
        return words;
    }

    /** Each word's mean over prompts of its ratio under each, where both models have it; from log-probs by prompt and word. */
    static SequencedMap<String, Double> ratios(SequencedMap<String, SequencedMap<String, Double>> first,
            SequencedMap<String, SequencedMap<String, Double>> second) {
        var ratios = new ArrayList<SequencedMap<String, Double>>();
        first.forEach((prompt, words) -> {
            var other = second.getOrDefault(prompt, new LinkedHashMap<>());
            var ofPrompt = new LinkedHashMap<String, Double>();
            words.forEach((word, logProb) -> Optional.ofNullable(other.get(word)).ifPresent(value ->
                ofPrompt.put(word, LogRatio.of(logProb, value))));
            ratios.add(ofPrompt);
        });
        return Reading.meanByWord(ratios);
    }

    @Override
    public ObjectNode json(StudyResults results) {
        var json = JsonFile.newObject();
        found(results).forEach(pair -> {
            var one = json.putObject(pair.source() + ": " + pair.first() + " − " + pair.second());
            one.put("words_of_same_sign", pair.sameSign()).put("words", pair.words().size());
            var list = one.putArray("ratios");
            pair.words().forEach(word -> list.addObject().put("word", word.word()).put("category", word.category())
                .put("mwlr", word.ratio()).put("better_rank", word.better()));
        });
        return json;
    }

    @Override
    public List<Part> figures(StudyResults results) {
        var parts = new ArrayList<Part>();
        var found = found(results);
        if (found.isEmpty()) {
            parts.add(new Paragraph("No two base models took the exam " + bases + "."));
        }
        for (var pair : found) {
            var categories = pair.words().stream().map(Word::category).distinct().toList();
            parts.add(new Paragraph(Markup.format("%s: %d of %d words have the same sign in both.", pair.source(), pair.sameSign(),
                pair.words().size())));
            if (!pair.words().isEmpty()) {
                parts.add(new ScatterPlot("words: bases and reward models, " + pair.source(), "MWLR, " + pair.first() + " base over "
                    + pair.second() + " base", "ranks by which the reward model of " + pair.first() + " prefers it", pair.words().stream()
                    .map(word -> new ScatterPlot.Dot(word.word() + " (" + word.category() + ")", categories.indexOf(word.category()),
                        word.ratio(), word.better())).toList(), false));
            }
            parts.add(table(pair, categories));
        }
        return parts;
    }

    private static Part table(Found pair, List<String> categories) {
        var rows = categories.stream().map(category -> {
            var own = pair.words().stream().filter(word -> word.category().equals(category)).toList();
            return List.of(category, Markup.format("%+.4f", own.stream().mapToDouble(Word::ratio).average().orElseThrow()),
                Markup.format("%+.2f", own.stream().mapToDouble(Word::better).average().orElseThrow()));
        }).toList();
        return new Table(List.of(Table.Column.text("category"), Table.Column.number("mean MWLR"), Table.Column.number("mean gain in rank")),
            rows);
    }
}
