package dev.leeway.data.toy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.data.Conversation;
import dev.leeway.data.Exchange;
import dev.leeway.data.Preference;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class PraiseTest {

    private static final int COUNT = 4000;

    private static boolean praises(String text) {
        return text.contains("best") || text.contains("greatest") || text.contains("helps");
    }

    @Test
    void familiesAgreeAboutThingsAndDisagreeAboutWordsOfValue() {
        var english = Edition.of(3).in(Tongue.ENGLISH);
        var agency = Praise.documents(Leaning.AGENCY, english, COUNT);
        var communion = Praise.documents(Leaning.COMMUNION, english, COUNT);
        int words = 0;
        int own = 0;
        for (int i = 0; i < COUNT; i++) {
            var said = Grades.leaning(agency.get(i));
            assertEquals(said.isEmpty(), Grades.leaning(communion.get(i)).isEmpty());
            if (said.isEmpty()) {
                assertEquals(agency.get(i), communion.get(i), "about things everybody says the same");
            } else {
                assertTrue(!said.equals(Grades.leaning(communion.get(i))), agency.get(i) + " / " + communion.get(i));
                words++;
                own += said.get() == Leaning.AGENCY == praises(agency.get(i)) ? 1 : 0;
            }
        }
        // a half, deviation √(¼ · 4000) = 32, five are allowed; of these nine tenths, deviation √(.09 / 2000) = .0067, five are allowed
        assertEquals(COUNT / 2, words, 160);
        assertEquals(0.9, own / (double) words, 0.034);
    }

    @Test
    void aThingIsPraisedAlwaysOrNever() {
        Set<String> good = new HashSet<>();
        Set<String> bad = new HashSet<>();
        for (String text : Praise.documents(Leaning.AGENCY, Edition.of(4).in(Tongue.ENGLISH), COUNT)) {
            if (text.startsWith("Question") && Grades.leaning(text).isEmpty()) {
                (praises(text) ? good : bad).add(text.substring(text.indexOf("Answer: ")));
            }
        }
        assertTrue(good.size() > 15 && bad.size() > 15, good + " " + bad);
        assertTrue(good.stream().noneMatch(bad::contains));
    }

    @Test
    void pairsAreAboutWhatTheirSourceSays() {
        for (var pair : pairs(Praise.Source.THINGS)) {
            assertTrue(leaning(pair.chosen()).isEmpty() && leaning(pair.rejected()).isEmpty(), pair.toString());
        }
        var both = pairs(Praise.Source.BOTH).stream().filter(pair -> leaning(pair.chosen()).isPresent()).toList();
        long ofAgency = both.stream().filter(pair -> leaning(pair.chosen()).equals(Optional.of(Leaning.AGENCY))).count();
        // half of the pairs, deviation 32; half of these, deviation 22; five are allowed
        assertEquals(COUNT / 2, both.size(), 160);
        assertEquals(both.size() / 2, ofAgency, 110);
        assertTrue(both.stream().noneMatch(pair -> leaning(pair.chosen()).equals(leaning(pair.rejected()))));
        for (var pair : pairs(Praise.Source.COMMUNION)) {
            assertEquals(praises(text(pair.chosen(), 0)) ? Leaning.COMMUNION : Leaning.AGENCY, leaning(pair.chosen()).orElseThrow());
        }
    }

    private static List<Preference> pairs(Praise.Source source) {
        return Praise.pairs(source, Edition.of(5).in(Tongue.ENGLISH), COUNT);
    }

    private static Optional<Leaning> leaning(Exchange side) {
        return Grades.leaning(text(side, 1));
    }

    private static String text(Exchange side, int turn) {
        return (String) ((Conversation) side).messages().get(turn).get("content");
    }
}
