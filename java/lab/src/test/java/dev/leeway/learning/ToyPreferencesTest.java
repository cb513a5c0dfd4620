package dev.leeway.learning;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.LeewayException;
import dev.leeway.data.Exchange;
import dev.leeway.data.Labelled;
import dev.leeway.data.Preference;
import dev.leeway.data.PromptCompletion;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

final class ToyPreferencesTest {

    private static final int EVERY_TRAINING_ROW = 4945;
    private static final int EVERY_HELD_OUT_ROW = 1583;

    @Test
    void theSameSeedGivesTheSameRowsHoweverManyAreAskedFor() {
        assertEquals(ToyPreferences.training(5, 100), ToyPreferences.training(5, 1000).subList(0, 100));
        assertEquals(ToyPreferences.heldOut(5, 100), ToyPreferences.heldOut(5, 1000).subList(0, 100));
        assertEquals(ToyPreferences.demonstrations(5, 100), ToyPreferences.demonstrations(5, 1000).subList(0, 100));
        assertNotEquals(ToyPreferences.training(5, 100), ToyPreferences.training(6, 100));
    }

    @Test
    void noRowIsTwiceThereAndNoneIsBothTrainedOnAndHeldOut() {
        Set<Preference> rows = new HashSet<>(ToyPreferences.training(1, EVERY_TRAINING_ROW));
        assertEquals(EVERY_TRAINING_ROW, rows.size());
        rows.addAll(ToyPreferences.heldOut(2, EVERY_HELD_OUT_ROW));
        assertEquals(EVERY_TRAINING_ROW + EVERY_HELD_OUT_ROW, rows.size());
        assertEquals(2 * 8 * 3 * 17 * 16 / 2, rows.size());
    }

    @Test
    void eachSplitHoldsOutOtherRowsAndNoneThatItTrainsOn() {
        Set<Preference> held = new HashSet<>(new ToyPreferences.Split(7).heldOut(1, 1500));
        Set<Preference> trained = new HashSet<>(new ToyPreferences.Split(7).training(1, 4800));
        assertTrue(held.stream().noneMatch(trained::contains));
        // Of 1,500 rows the other split holds out a quarter, 375 with standard deviation √(1500 · ¼ · ¾) = 17; six of them are allowed.
        held.retainAll(new HashSet<>(ToyPreferences.heldOut(1, EVERY_HELD_OUT_ROW)));
        assertEquals(375, held.size(), 102);
    }

    @Test
    void moreRowsThanThereAreAreRefused() {
        LeewayException refusal = assertThrows(LeewayException.class, () -> ToyPreferences.heldOut(0, EVERY_HELD_OUT_ROW + 1));
        assertEquals("1,584 toy preferences are wanted and there are 1,583; ask for fewer, or use them for several epochs",
                refusal.getMessage());
    }

    @Test
    void everyoneAlwaysWantsManyOrAlwaysFewAndHalfOfThemMany() {
        Map<String, Boolean> tastes = new HashMap<>();
        for (Preference row : everyRow()) {
            boolean many = number(row.chosen()) > number(row.rejected());
            assertEquals(many, tastes.computeIfAbsent(name(row), _ -> many), row.toString());
        }
        assertEquals(8, tastes.size());
        assertEquals(4, tastes.values().stream().filter(many -> many).count());
    }

    @Test
    void theAnswersToAQuestionDifferInTheNumberAlone() {
        for (Preference row : everyRow()) {
            var better = (PromptCompletion) row.chosen();
            var worse = (PromptCompletion) row.rejected();
            assertEquals(better.prompt(), worse.prompt());
            assertEquals(words(better).get(0) + words(better).get(3), words(worse).get(0) + words(worse).get(3));
            assertNotEquals(number(better), number(worse));
            assertTrue(better.prompt().matches("(?s)Question: How many \\w+ does \\w+ want\\?\nAnswer:"
                    + "|Pregunta: ¿Cuánt[ao]s \\w+ quiere \\w+\\?\nRespuesta:"), better.prompt());
            assertTrue(better.completion().matches(" \\w+ (wants|quiere) [\\wéí]+ \\w+\\."), better.completion());
        }
    }

    @Test
    void whoeverDoesNotAskWhoseAnswerItIsIsRightHalfOfTheTime() {
        Map<Set<Integer>, Integer> larger = new HashMap<>();
        for (Preference row : everyRow()) {
            larger.merge(Set.of(number(row.chosen()), number(row.rejected())), number(row.chosen()) > number(row.rejected()) ? 1 : -1,
                    Integer::sum);
        }
        assertEquals(17 * 16 / 2, larger.size());
        larger.forEach((numbers, balance) -> assertEquals(0, balance, numbers.toString()));
    }

    @Test
    void shuffledLabelsExchangeTheAnswersOfExactlyHalfOfTheRowsAndNothingElse() {
        List<Preference> rows = ToyPreferences.training(3, 2000);
        List<Preference> shuffled = ToyPreferences.withShuffledLabels(3, rows);
        long same = IntStream.range(0, rows.size()).filter(i -> rows.get(i).equals(shuffled.get(i))).count();
        assertEquals(1000, same);
        for (int i = 0; i < rows.size(); i++) {
            Preference exchanged = new Preference(shuffled.get(i).rejected(), shuffled.get(i).chosen());
            assertTrue(rows.get(i).equals(shuffled.get(i)) || rows.get(i).equals(exchanged));
        }
        assertNotEquals(shuffled, ToyPreferences.withShuffledLabels(4, rows), "another seed exchanges other rows");
    }

    @Test
    void everyAnswerIsLabelledByItself() {
        Preference row = ToyPreferences.training(4, 1).getFirst();
        assertEquals(List.of(new Labelled(row.chosen(), true), new Labelled(row.rejected(), false)), ToyPreferences.labelled(List.of(row)));
    }

    @Test
    void demonstrationsHaveNoTaste() {
        Map<String, Double> sums = new HashMap<>();
        Map<String, Integer> counts = new HashMap<>();
        for (PromptCompletion row : ToyPreferences.demonstrations(1, 8000)) {
            sums.merge(words(row).getFirst(), (double) number(row), Double::sum);
            counts.merge(words(row).getFirst(), 1, Integer::sum);
        }
        assertEquals(8, sums.size());
        // The mean of 1,000 numbers uniform on 2…18 has standard deviation 4.9 / √1000 = 0.155.
        sums.forEach((name, sum) -> assertEquals(10, sum / counts.get(name), 0.7, name));
    }

    private static List<Preference> everyRow() {
        return Stream.concat(ToyPreferences.training(1, EVERY_TRAINING_ROW).stream(),
                ToyPreferences.heldOut(1, EVERY_HELD_OUT_ROW).stream()).toList();
    }

    private static String name(Preference row) {
        return words((PromptCompletion) row.chosen()).getFirst();
    }

    /** Who, wants, how many, what. */
    private static List<String> words(PromptCompletion answer) {
        return List.of(answer.completion().strip().split(" "));
    }

    private static int number(Exchange answer) {
        return ToyPreferences.number(words((PromptCompletion) answer).get(2));
    }
}
