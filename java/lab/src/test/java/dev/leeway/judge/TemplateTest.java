package dev.leeway.judge;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.LeewayException;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

final class TemplateTest {

    private static final Template RUBRIC = Template.of("Rate {{0..9}}: {answer} (asked: {question}; again {answer})");

    @Test
    void valuesGoInAsTheyAreAndAreNotLookedAtAgain() {
        var hostile = "{question} {answer} {{x}} $1 \\0 {";
        assertEquals("Rate {0..9}: " + hostile + " (asked: {answer}; again " + hostile + ")",
            RUBRIC.fill(Map.of("answer", hostile, "question", "{answer}")));
    }

    @Test
    void namesThatAreMissingOrLeftOverAreRefused() {
        assertEquals(List.of("answer", "question"), RUBRIC.names());
        for (var values : List.of(Map.of("answer", "a"), Map.of("answer", "a", "question", "b", "c", "d"))) {
            var refusal = assertThrows(LeewayException.class, () -> RUBRIC.fill(values));
            assertEquals("the template has places for [answer, question] and was given " + new TreeSet<>(values.keySet())
                + "; give exactly these", refusal.getMessage());
        }
    }

    @Test
    void aBraceThatOpensNoPlaceIsRefusedWithItsCharacter() {
        for (var bad : List.of("ab{", "ab{1}", "ab}", "ab{a b}", "ab{}")) {
            var refusal = assertThrows(LeewayException.class, () -> Template.of(bad));
            assertTrue(refusal.getMessage().contains("at character 3, which opens no place"), refusal.getMessage());
        }
        assertEquals("{}", Template.of("{{}}").fill(Map.of()));
    }

    @Test
    void theHashTellsTemplatesApartAndQuestionsCarryIt() {
        assertEquals("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", Template.of("abc").hash()); // FIPS 180-4, B.1
        var question = RUBRIC.ask(Map.of("answer", "a", "question", "q"), List.of("Yes", "No"), 3);
        assertEquals(RUBRIC.hash(), question.template());
        assertEquals(new Question(RUBRIC.hash(), "Rate {0..9}: a (asked: q; again a)", List.of("Yes", "No"), 3), question);
        assertNotEquals(RUBRIC.hash(), Template.of("Rate {answer}").hash());
    }

    @Test
    void noTwoQuestionsHaveTheSameKey() {
        var base = new Question("t", "input", List.of("a", "b"), 1);
        var others = List.of(new Question("tinput", "", List.of("a", "b"), 1), new Question("t", "input", List.of("ab"), 1),
            new Question("t", "input", List.of("a", "b"), 2), new Question("t", "input", List.of("b", "a"), 1),
            new Question("t", "inputa", List.of("b"), 1));
        assertEquals(others.size() + 2, Stream.concat(Stream.of(Key.of("j", base), Key.of("k", base)),
            others.stream().map(one -> Key.of("j", one))).distinct().count());
        assertEquals(Key.of("j", base), Key.of("j", new Question("t", "input", List.of("a", "b"), 1)));
    }
}
