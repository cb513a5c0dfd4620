package dev.leeway.eval.choice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.eval.Response;
import dev.leeway.eval.TextHash;
import dev.leeway.eval.Value;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PreferenceTest {

    private static Response.Weighed weighed(double... logProbs) {
        return new Response.Weighed(Arrays.stream(logProbs).mapToObj(logProb -> new Response.Weight(logProb, 1)).toList());
    }

    @Test
    void theMostProbableOptionIsPreferredAndByLengthAnotherOne() {
        var preference = Preference.of(List.of("no", "certainly not"), weighed(-4, -6));
        assertTrue(preference.isFor(0));
        assertTrue(preference.isForByLength(1), "-6/13 is greater than -4/2");
        assertFalse(preference.isForByLength(0));
    }

    @Test
    void ofTwoEquallyProbableOptionsNoneIsPreferred() {
        var preference = Preference.of(List.of("a", "b", "c"), weighed(-1, -1, -2));
        assertFalse(preference.isFor(0));
        assertFalse(preference.isFor(1));
    }

    @Test
    void lengthsCountCharactersNotTheirHalves() {
        var preference = Preference.of(List.of("\uD83D\uDE00\uD83D\uDE00", "abc"), weighed(-2.4, -3.3));
        assertFalse(preference.isForByLength(0), "two characters: -1.2 each, against -1.1");
        assertTrue(preference.isForByLength(1));
    }

    @Test
    void whatTheModelCouldNotReadIsMissingInBothMeasures() {
        var score = Preference.score(List.of("a", "b"), 0, new Response.Unable("the prompt is too long"));
        assertEquals(Value.missing("the prompt is too long"), score.value(Preference.ACC));
        assertEquals(Value.missing("the prompt is too long"), score.value(Preference.ACC_NORM));
    }

    @Test
    void idsNameRowAndTextAndDrawsDependOnSeedAndSubject() {
        assertEquals(TextHash.id(3, "Why?"), TextHash.id(3, "Why?"));
        assertTrue(TextHash.id(3, "Why?").startsWith("3-"));
        assertNotEquals(TextHash.id(3, "Why?"), TextHash.id(3, "Why"));
        var draws = new int[5];
        for (int i = 0; i < 1000; i++) {
            draws[TextHash.below(5, 1, "item " + i)]++;
        }
        for (int count : draws) {
            assertEquals(200, count, 5 * Math.sqrt(1000 * 0.2 * 0.8), "within five standard deviations of a fair draw");
        }
        assertTrue(IntStream.range(0, 20).anyMatch(seed -> TextHash.below(5, seed, "x") != TextHash.below(5, 0, "x")));
    }
}
