package dev.leeway.eval.reward;

import dev.leeway.LeewayException;
import dev.leeway.stats.Sample;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Where the words of a category stand among all words of a dictionary, by the rewards of one model for one prompt: rank 1 is the word with
 * the largest reward, equal rewards share the mean of their ranks, and the category has the median of its words' ranks (Christian et al.
 * 2026, Figure 1). A model that gives all n words the same has (n + 1)/2 everywhere.
 *
 * @param model its name
 * @param family of the model, see {@link RewardTable#family}
 * @param category of the words
 * @param prompt that they answered
 * @param median rank
 */
public record CategoryRank(String model, String family, String category, ProbePrompt prompt, double median) {

    /**
     * One a prompt and category of a model's table; words that the dictionary lacks are left out before words are ranked.
     *
     * @throws LeewayException if the table has a prompt that is not among these, or no word of the dictionary
     */
    public static List<CategoryRank> of(RewardTable table, Dictionary dictionary, List<ProbePrompt> prompts) {
        var known = ProbePrompt.byKey(prompts);
        var joined = table.within(dictionary);
        var ranks = new ArrayList<CategoryRank>();
        for (int p = 0; p < joined.prompts().size(); p++) {
            var prompt = known.get(joined.prompts().get(p));
            if (prompt == null) {
                throw LeewayException.data("%s has scores for the prompt %s, which is not among the prompts %s; name the prompts that the "
                    + "scores were made with", table.model(), joined.prompts().get(p), known.keySet());
            }
            medians(joined.words(), joined.rewards()[p], dictionary).forEach((category, median) ->
                ranks.add(new CategoryRank(table.model(), table.family(), category, prompt, median)));
        }
        return ranks;
    }

    /** The median rank of each category that has a word among these, in the dictionary's order; every word is in it. */
    static Map<String, Double> medians(List<String> words, double[] rewards, Dictionary dictionary) {
        var ranks = Sample.descendingRanks(rewards);
        var medians = new LinkedHashMap<String, Double>();
        for (var category : dictionary.names()) {
            var own = IntStream.range(0, ranks.length)
                .filter(w -> dictionary.category(words.get(w)).orElseThrow().equals(category)).mapToDouble(w -> ranks[w]).toArray();
            if (own.length > 0) {
                medians.put(category, Sample.median(own));
            }
        }
        return medians;
    }
}
