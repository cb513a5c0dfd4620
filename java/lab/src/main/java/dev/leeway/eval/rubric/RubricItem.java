package dev.leeway.eval.rubric;

import dev.leeway.eval.Item;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.TreeMap;

/**
 * A question and what its answers are held against.
 *
 * @param id the data's own
 * @param question as a model gets it
 * @param weights of its dimensions, by their names in the order of its tags
 * @param variables values of places in guiding questions, by name
 * @param language as the data names it; English is {@code en}
 */
public record RubricItem(String id, String question, SequencedMap<String, Double> weights, Map<String, List<String>> variables,
        String language) implements Item {

    /** How English is named, whatever the data calls it. */
    static final String ENGLISH = "en";

    /** Takes copies. */
    public RubricItem {
        weights = new LinkedHashMap<>(weights);
        variables = Collections.unmodifiableSortedMap(new TreeMap<>(variables));
    }

    @Override
    public Map<String, String> slices() {
        var slices = new LinkedHashMap<String, String>();
        slices.put("language", language);
        slices.put("english", language.equals(ENGLISH) ? "yes" : "no");
        return slices;
    }
}
