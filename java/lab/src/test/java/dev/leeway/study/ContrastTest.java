package dev.leeway.study;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.eval.Setting;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

final class ContrastTest {

    private static final Contrast.Cell OF_A = new Contrast.Cell("a", "short", "score", "", "none");
    private static final Contrast ONE = Contrast.difference("a − b", Contrast.Role.PRIMARY, OF_A, OF_A.of("b"));
    /** Items of each exam. */
    private static final Map<String, Integer> ITEMS = Map.of("short", 4, "long", 12);

    private static Study study(Contrast... contrasts) {
        var exams = List.of("short", "long").stream().map(name -> new Exam(name, "toy", Optional.empty(), new LinkedHashMap<>(),
            List.of(Setting.EvaluationPrompt.NONE), Exam.Extent.OF_ARMS)).toList();
        return new Study(new Study.Title("s", "q", ""), new LinkedHashMap<>(), List.of(Arm.of("a", ""), Arm.of("b", "")), exams,
            List.of(contrasts), new Study.Terms(List.of(0L, 1L, 2L), 0.05, "none"));
    }

    /** a is better than b by 1 in the short exam and by 3 in the long one, but for luck. */
    private static List<Examiner.Outcome> outcomes(String arm, String exam, long seed) {
        var random = new Random(31 * seed + exam.hashCode() + 7 * arm.hashCode());
        double effect = arm.equals("b") ? 0 : exam.equals("short") ? 1 : 3;
        return IntStream.range(0, ITEMS.get(exam)).mapToObj(i -> new Examiner.Outcome("none", "item-" + i, Map.of(), Map.of("score",
            effect + i + 0.1 * random.nextGaussian()), Map.of())).toList();
    }

    private static double mean(String exam, long seed) {
        return IntStream.range(0, ITEMS.get(exam)).mapToDouble(i -> outcomes("a", exam, seed).get(i).values().get("score")
            - outcomes("b", exam, seed).get(i).values().get("score")).average().orElseThrow();
    }

    @Test
    void aMeanOverExamsWeighsEachTheSameHoweverManyItemsItHas() {
        var over = ONE.over(List.of("short", "long"));
        assertTrue(over.pairs());
        var finding = Findings.of(study(over), ContrastTest::outcomes).getFirst();
        assertEquals(Findings.Over.SEEDS_AND_ITEMS, finding.over());
        assertEquals(16, finding.items());
        for (int seed = 0; seed < 3; seed++) {
            assertEquals((mean("short", seed) + mean("long", seed)) / 2, finding.values().get(seed), 1e-12, "within rounding of 16 terms");
        }
        assertTrue(finding.interval().orElseThrow().contains(2));
    }

    /** Nine prompts for each of three words: nine times the same, so nothing is learned from asking nine times. */
    @Test
    void promptsOfAWordAreNoReplicatesOfIt() {
        var cell = new Contrast.Cell("a", "short", "score", "", "none");
        var byItem = Contrast.difference("a − b", Contrast.Role.PRIMARY, cell, cell.of("b"));
        var byWord = byItem.by(Contrast.Unit.WORD);
        var asked = Stream.of(byWord, byItem).map(contrast -> Findings.of(study(contrast).withSeeds(List.of(0L)),
            (arm, _, _) -> asked(arm, 9)).getFirst()).toList();
        var once = Findings.of(study(byItem).withSeeds(List.of(0L)), (arm, _, _) -> asked(arm, 1)).getFirst();
        assertEquals(List.of(3, 27), asked.stream().map(Findings.Finding::items).toList());
        assertEquals(2.0, asked.getFirst().estimate().orElseThrow());
        assertEquals(once.interval(), asked.getFirst().interval());
        assertEquals(once.p(), asked.getFirst().p());
        assertTrue(asked.getLast().p().orElseThrow() < once.p().orElseThrow());
    }

    @Test
    void theTestedUnitIsSealed() {
        var byWord = ONE.by(Contrast.Unit.WORD);
        assertEquals("word", byWord.json().get("unit").asString());
        assertFalse(ONE.json().has("unit"));
        assertEquals(Contrast.Unit.WORD, byWord.published(1).over(List.of("short", "long")).unit());
        assertEquals(Contrast.Unit.WORD, Contrast.interaction("more", Contrast.Role.PRIMARY, byWord, byWord).unit());
    }

    /** a is better than b by 1, 2 and 3. */
    private static List<Examiner.Outcome> asked(String arm, int prompts) {
        return IntStream.range(0, 3 * prompts).mapToObj(i -> new Examiner.Outcome("none", "prompt-" + i / 3 + "/word-" + i % 3, Map.of(),
            Map.of("score", arm.equals("a") ? 1.0 + i % 3 : 0.0), Map.of())).toList();
    }

    @Test
    void overOneExamItIsTheSameToTheBit() {
        var findings = Findings.of(study(ONE, new Contrast("same", ONE.role(), ONE.over(List.of("short")).parts(), ONE.published())),
            ContrastTest::outcomes);
        assertEquals(findings.get(0).values(), findings.get(1).values());
        assertEquals(findings.get(0).interval(), findings.get(1).interval());
        assertEquals(findings.get(0).p(), findings.get(1).p());
    }

    @Test
    void oneExamAgainstAnotherIsNotPaired() {
        var parts = new ArrayList<>(List.of(new Contrast.Part(1, OF_A), new Contrast.Part(-1, OF_A.of("b").at("long"))));
        var across = new Contrast("across", Contrast.Role.PRIMARY, parts, ONE.published());
        assertFalse(across.pairs());
        assertEquals(Findings.Over.SEEDS, Findings.of(study(across), ContrastTest::outcomes).getFirst().over());
    }

    /** Items of 3 seeds that all differ by 1 have signs alone, and these are of the items: p = 2 · ½^items. */
    @Test
    void whereAllDifferencesAreTheSameTheTestIsOverItems() {
        var finding = Findings.of(study(ONE), (arm, exam, _) -> IntStream.range(0, ITEMS.get(exam)).mapToObj(i -> new Examiner.Outcome(
            "none", "item-" + i, Map.of(), Map.of("score", arm.equals("a") ? 1.0 : 0.0), Map.of())).toList()).getFirst();
        assertEquals(Findings.Over.ITEMS, finding.over());
        assertEquals(Math.scalb(2.0, -finding.items()), finding.p().orElseThrow(), 1e-12, "within rounding");
    }

    /** An exam without values leaves nothing of the mean, which would be another exam's. */
    @Test
    void anExamWithoutValuesLeavesNothing() {
        var finding = Findings.of(study(ONE.over(List.of("short", "long"))), (arm, exam, seed) -> exam.equals("long") && seed == 1
            ? List.of(new Examiner.Outcome("none", "another", Map.of(), Map.of("score", 1.0), Map.of())) : outcomes(arm, exam, seed))
            .getFirst();
        assertEquals(Findings.Over.NOTHING, finding.over());
        assertTrue(finding.estimate().isEmpty());
    }
}
