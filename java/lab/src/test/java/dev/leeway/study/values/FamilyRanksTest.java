package dev.leeway.study.values;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.LeewayException;
import dev.leeway.eval.reward.CategoryRank;
import dev.leeway.eval.reward.ProbePrompt;
import dev.leeway.eval.reward.ProbePrompt.Framing;
import dev.leeway.io.JsonFile;
import dev.leeway.study.Examiner;
import dev.leeway.study.values.FamilyRanks.Compared;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class FamilyRanksTest {

    private static Examiner.Outcome outcome(String prompt, String word, String category, double reward) {
        return new Examiner.Outcome("none", prompt + "/" + word, Map.of("category", category, "framing", prompt.startsWith("best")
            ? "positive" : "negative"), Map.of("reward", reward, "rank", -reward), Map.of());
    }

    private static Reading reading(String family, long seed, List<Examiner.Outcome> outcomes) {
        return new Reading(family, "pairs", seed, -1, outcomes);
    }

    @Test
    void aReadingRanksCategoriesByPromptUnderItsFamilysName() {
        var reading = reading("gemma", 3, List.of(outcome("best", "skill", "Agency", 3), outcome("best", "love", "Communion", 9),
            outcome("best", "care", "Communion", 1), outcome("worst", "skill", "Agency", 5), outcome("worst", "love", "Communion", 4)));
        var ranks = reading.ranks();
        assertEquals(2, ranks.size(), "worst has no reward of care, so it ranks nothing");
        assertEquals(List.of("gemma", "gemma 3"), List.of(ranks.getFirst().family(), ranks.getFirst().model()));
        assertEquals(2, ranks.getFirst().median(), "skill stands between love and care");
        assertEquals((1 + 3) / 2.0, ranks.getLast().median());
        assertEquals(Map.of("skill", -3.0, "love", -9.0, "care", -1.0), reading.praised("rank"));
    }

    /** Family a has agency at 4 and communion at 6, family b the other way round; two models and two prompts a family. */
    private static List<CategoryRank> ranks() {
        var ranks = new ArrayList<CategoryRank>();
        for (var family : List.of("a", "b")) {
            for (int model = 0; model < 2; model++) {
                for (var prompt : List.of("best_1", "best_2", "worst_1", "worst_2")) {
                    var framing = prompt.startsWith("best") ? Framing.POSITIVE : Framing.NEGATIVE;
                    boolean isFirst = family.equals("a") == (framing == Framing.POSITIVE);
                    double luck = 0.1 * (model + (prompt.endsWith("1") ? 2 : 0));
                    ranks.add(new CategoryRank(family + model, family, "Agency", new ProbePrompt(prompt, prompt, framing),
                        (isFirst ? 4 : 6) + luck));
                    ranks.add(new CategoryRank(family + model, family, "Communion", new ProbePrompt(prompt, prompt, framing),
                        (isFirst ? 6 : 4) - luck));
                }
            }
        }
        return ranks;
    }

    @Test
    void whatFamiliesDifferInIsTheTermOfAllThree() {
        var compared = Compared.of(ranks());
        assertEquals(4, compared.cells().size());
        assertEquals(4.15, compared.cells().getFirst().first().mean(), 1e-12);
        assertEquals(6.15, compared.cells().getFirst().second().mean(), 1e-12);
        var largest = compared.variance().effects().stream().max((a, b) -> Double.compare(a.f(), b.f())).orElseThrow();
        assertEquals("family:category:framing", largest.term().toString());
        assertTrue(largest.p() < 1e-6, largest.toString());
        assertEquals(4, compared.json().get("cells").size());
        assertEquals(7, compared.json().get("variance").size());
        assertEquals(2, compared.parts().size());
    }

    @Test
    void oneFamilyAloneIsRefusedInItsOwnWords() {
        var alone = ranks().stream().filter(rank -> rank.family().equals("a")).toList();
        assertEquals("models of two families are compared; got [a]", assertThrows(LeewayException.class, () -> Compared.of(alone))
            .getMessage());
    }

    @Test
    void underPromptsOfOneKindTheVarianceHasNoFraming() {
        var praised = ranks().stream().filter(rank -> rank.prompt().framing() == Framing.POSITIVE).toList();
        var compared = Compared.of(praised);
        assertEquals(2, compared.cells().size());
        assertEquals(List.of("family", "category", "family:category"), compared.variance().effects().stream().map(effect ->
            effect.term().toString()).toList());
    }

    /** As with --arms: what one family was trained on and the other wasn't. */
    @Test
    void aSourceOfOneFamilyIsNoPair() {
        var ranks = new MedianRanks("Big Two", ranks().stream().map(rank -> new MedianRanks.Entry("pairs of " + rank.family(), rank))
            .toList());
        assertEquals(Map.of(), FamilyRanks.compared(ranks, Compared::json, why -> JsonFile.newObject().put("why", why)));
    }
}
