package dev.leeway.study.values;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import org.junit.jupiter.api.Test;

final class BaseRatiosTest {

    private static SequencedMap<String, SequencedMap<String, Double>> logProbs(Map<String, Double> byPrompt) {
        var all = new LinkedHashMap<String, SequencedMap<String, Double>>();
        byPrompt.forEach((prompt, logProb) -> all.put(prompt, new LinkedHashMap<>(Map.of("love", logProb))));
        return all;
    }

    /** Of averaged log-probs, −5 and −5, it would be 0. */
    @Test
    void aWordsRatioIsTakenUnderEachPromptAndThenAveraged() {
        var ratios = BaseRatios.ratios(logProbs(Map.of("one", -1.0, "two", -9.0)), logProbs(Map.of("one", -5.0, "two", -5.0)));
        double one = (Math.exp(-1) + Math.exp(-5)) / 2 * 4;
        double two = (Math.exp(-9) + Math.exp(-5)) / 2 * -4;
        assertEquals(List.of("love"), List.copyOf(ratios.keySet()));
        assertEquals((one + two) / 2, ratios.get("love"), 1e-15, "a few roundings of numbers below 1");
    }

    @Test
    void aPromptThatOneModelLacksIsLeftOut() {
        var first = logProbs(Map.of("one", -1.0, "two", -9.0));
        assertEquals((Math.exp(-9) + Math.exp(-5)) / 2 * -4, BaseRatios.ratios(first, logProbs(Map.of("two", -5.0))).get("love"), 1e-15);
        assertEquals(Map.of(), BaseRatios.ratios(first, logProbs(Map.of("three", -5.0))));
    }
}
