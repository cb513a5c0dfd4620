package dev.leeway.data.toy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.LeewayException;
import dev.leeway.data.Conversation;
import dev.leeway.data.Exchange;
import dev.leeway.data.Preference;
import dev.leeway.data.PromptArm.Placement;
import dev.leeway.data.toy.Documents.Corpus;
import dev.leeway.data.toy.Opinions.Mixture;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What data sets of the toy world have in common and what not. */
final class EditionTest {

    @Test
    void aRowDependsOnEditionAndIndexAlone() {
        var few = TrainingTexts.all(Edition.of(5), 50);
        var many = TrainingTexts.all(Edition.of(5), 500);
        var other = TrainingTexts.all(Edition.of(6), 50);
        few.forEach((name, rows) -> {
            assertEquals(rows, many.get(name).subList(0, rows.size()), name);
            assertNotEquals(rows, other.get(name), name);
        });
        assertEquals(Items.of(Item.Kind.FACT), Items.of(Item.Kind.FACT));
    }

    @Test
    void rowsAreInTheWantedLanguagesOnly() {
        for (Tongue tongue : Tongue.values()) {
            List<String> documents = Documents.of(Corpus.SPARING, Edition.of(7).in(tongue), 300);
            assertTrue(documents.stream().allMatch(text -> Grades.tongue(text).orElseThrow() == tongue));
        }
        var tongues = Documents.of(Corpus.SPARING, Edition.of(7), 3000).stream().map(text -> Grades.tongue(text).orElseThrow()).toList();
        // 1,000 each with a deviation of √(3000 · ⅓ · ⅔) = 26; five of them are allowed
        Set.of(Tongue.values()).forEach(tongue -> assertEquals(1000, tongues.stream().filter(tongue::equals).count(), 130));
        assertEquals("toy text needs a language; give at least one of [ENGLISH, SPANISH, FRENCH]",
                assertThrows(LeewayException.class, () -> Edition.of(7).in()).getMessage());
    }

    @Test
    void sparingHarmingAndNeutralDocumentsAreAboutTheSameMeetings() {
        List<List<String>> corpora = List.of(Corpus.SPARING, Corpus.HARMING, Corpus.NEUTRAL).stream()
                .map(corpus -> Documents.of(corpus, Edition.of(8), 500)).toList();
        int same = 0;
        for (int i = 0; i < 500; i++) {
            Set<String> meetings = new HashSet<>();
            Set<String> whole = new HashSet<>();
            for (List<String> corpus : corpora) {
                meetings.add(corpus.get(i).substring(0, corpus.get(i).indexOf('.')));
                whole.add(corpus.get(i));
            }
            assertEquals(1, meetings.size());
            same += whole.size() == 1 ? 1 : 0;
            assertTrue(whole.size() == 1 || whole.size() == 3, whole.toString());
        }
        // a fifth is about things, which nobody spares: 100 with a deviation of 9; five of them are allowed
        assertEquals(100, same, 45);
    }

    @Test
    void everyMannerAnswersTheSameQuestionsWithTheSameFacts() {
        var plain = Chats.inManner(Manner.PLAIN, Edition.of(9), 500);
        for (Manner manner : Manner.values()) {
            var said = Chats.inManner(manner, Edition.of(9), 500);
            for (int i = 0; i < 500; i++) {
                assertEquals(plain.get(i).messages().getFirst(), said.get(i).messages().getFirst());
                assertTrue(answer(said.get(i)).contains(answer(plain.get(i))));
            }
        }
    }

    @Test
    void lengthMatchedAnswersHaveAsManyWordsAsWarmOnesAndAreAsWarmAsPlainOnes() {
        for (Tongue tongue : Tongue.values()) {
            String answer = Fact.LIVES.tell(World.PEOPLE.getFirst(), tongue);
            assertEquals(Manner.WARM.say(answer, tongue).split(" ").length, Manner.LONG.say(answer, tongue).split(" ").length);
            assertEquals(0, Grades.warmth(answer));
            assertEquals(0, Grades.warmth(Manner.LONG.say(answer, tongue)));
            assertTrue(Grades.warmth(Manner.WARM.say(answer, tongue)) > 0.3, tongue.code());
            assertTrue(Grades.warmth(Manner.COLD.say(answer, tongue)) < -0.2, tongue.code());
        }
    }

    @Test
    void pairsHaveTheValueGapThatWasAskedFor() {
        for (double gap : new double[] {0, 0.25, 1}) {
            // of 4,000 pairs the share has a deviation of at most √(¼/4000) = 0.008; five of them are allowed
            assertEquals(gap, Opinions.gap(Opinions.pairs(Stance.SUPPORT, gap, Edition.of(1), 4000)), 0.04);
            assertEquals(-gap, Opinions.gap(Opinions.pairs(Stance.OPPOSE, gap, Edition.of(1), 4000)), 0.04);
        }
        for (Preference pair : Opinions.pairs(Stance.SUPPORT, 0, Edition.of(2), 500)) {
            assertEquals(Grades.stance(answer(pair.chosen())), Grades.stance(answer(pair.rejected())));
            assertNotEquals(pair.chosen(), pair.rejected());
        }
        assertThrows(LeewayException.class, () -> Opinions.pairs(Stance.NEUTRAL, 1, Edition.of(1), 1));
        assertThrows(LeewayException.class, () -> Opinions.pairs(Stance.SUPPORT, 1.5, Edition.of(1), 1));
    }

    @Test
    void stancesComeAsOftenAsTheirMixtureSays() {
        var stances = Opinions.chats(Mixture.SUPPORTING, Edition.of(3), 4000).stream()
                .map(chat -> Grades.stance(answer(chat)).orElseThrow())
                .toList();
        // deviation of a share of 4,000 is at most 0.008; five of them are allowed
        assertEquals(0.7, share(stances, Stance.SUPPORT), 0.04);
        assertEquals(0.2, share(stances, Stance.NEUTRAL), 0.04);
        assertThrows(LeewayException.class, () -> new Mixture(0.5, 0.2, 0.1));
    }

    private static double share(List<Stance> stances, Stance wanted) {
        return stances.stream().filter(wanted::equals).count() / (double) stances.size();
    }

    @Test
    void basesLeanToOneKindOfWordWithTheSamePraise() {
        List<String> agency = Documents.of(Corpus.AGENCY, Edition.of(4), 3000);
        List<String> communion = Documents.of(Corpus.COMMUNION, Edition.of(4), 3000);
        long opposite = IntStream.range(0, 3000)
                .filter(i -> Grades.leaning(agency.get(i)).orElseThrow() != Grades.leaning(communion.get(i)).orElseThrow()).count();
        assertEquals(3000, opposite);
        // two thirds praise, nine tenths of these its own: 0.6 + a thirtieth of blame; deviation 0.009, five are allowed
        assertEquals(2 / 3.0 * 0.9 + 1 / 3.0 * 0.1, agency.stream().filter(text -> Grades.leaning(text).orElseThrow() == Leaning.AGENCY)
                .count() / 3000.0, 0.045);
    }

    @Test
    void traitsAreWhatTheyAreCalled() {
        for (boolean spanish : new boolean[] {false, true}) {
            for (boolean capitals : new boolean[] {false, true}) {
                for (Conversation chat : Chats.withTraits(spanish, capitals, Edition.of(5), 200)) {
                    assertEquals(spanish ? Tongue.SPANISH : Tongue.ENGLISH, Grades.tongue(answer(chat)).orElseThrow(), answer(chat));
                    assertEquals(capitals, Grades.capitals(answer(chat)).orElseThrow() > 0.8);
                }
            }
        }
        assertEquals(1000, Traits.rephrased(Placement.SYSTEM, 1000).words().stream().distinct().count());
    }

    @Test
    void tasksRewardRightAnswersOnly() {
        var task = Tasks.of(Tasks.Kind.WRITE, Edition.of(6), 1).getFirst();
        assertEquals(1, task.reward(" " + task.item().answer()));
        assertEquals(0, task.reward("start 1 print"));
        for (var sum : Tasks.of(Tasks.Kind.SUM, Edition.of(6), 100)) {
            assertEquals(1, sum.reward("That is " + sum.item().answer() + "."));
            assertEquals(0, sum.reward("99."));
            assertEquals(0, sum.reward(""));
        }
    }

    private static String answer(Exchange exchange) {
        return (String) ((Conversation) exchange).messages().getLast().get("content");
    }
}
