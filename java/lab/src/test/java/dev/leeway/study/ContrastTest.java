package dev.leeway.study;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.eval.Setting;
import dev.leeway.stats.TTest;
import java.util.ArrayList;
import java.util.Arrays;
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
        assertEquals(new Findings.Coverage(16, 0), finding.coverage());
        for (int seed = 0; seed < 3; seed++) {
            assertEquals((mean("short", seed) + mean("long", seed)) / 2, finding.values().get((long) seed), 1e-12,
                "within rounding of 16 terms");
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
        assertEquals(List.of(3, 27), asked.stream().map(finding -> finding.coverage().items()).toList());
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
        var one = Findings.of(study(across).withSeeds(List.of(0L)), ContrastTest::outcomes).getFirst();
        assertTrue(one.estimate().isPresent() && one.interval().isEmpty(), "items of one name in both exams may be the same ones");
    }

    /** Items of 3 seeds that all differ by 1 have signs alone, and these are of the items: p = 2 · ½^items. */
    @Test
    void whereAllDifferencesAreTheSameTheTestIsOverItems() {
        var finding = Findings.of(study(ONE), (arm, exam, _) -> IntStream.range(0, ITEMS.get(exam)).mapToObj(i -> new Examiner.Outcome(
            "none", "item-" + i, Map.of(), Map.of("score", arm.equals("a") ? 1.0 : 0.0), Map.of())).toList()).getFirst();
        assertEquals(Findings.Over.ITEMS, finding.over());
        assertEquals(Math.scalb(2.0, -finding.coverage().items()), finding.p().orElseThrow(), 1e-12, "within rounding");
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

    private static Examiner.Outcome outcome(String item, String language, double value) {
        return new Examiner.Outcome("none", item, Map.of("language", language, "english", language.equals("en") ? "yes" : "no"),
            Map.of("score", value), Map.of());
    }

    @Test
    void aQuestionsNameHasNoLanguage() {
        var unit = Contrast.Unit.QUESTION;
        assertEquals("71", unit.of("71/ms", Map.of("language", "ms")));
        assertEquals("encounter/dog/2", unit.of("encounter/fr/dog/2", Map.of("language", "fr", "topic", "dog")));
        assertEquals("en", unit.of("en", Map.of("language", "en")));
        assertEquals("71/ms", unit.of("71/ms", Map.of()));
        assertEquals("71/ms", unit.of("71/ms", Map.of("language", "en")));
    }

    /** Of five questions a is better by 1 to 5, in each of so many languages. */
    private static List<Examiner.Outcome> translated(String arm, List<String> languages) {
        return languages.stream().flatMap(language -> IntStream.range(0, 5).mapToObj(i -> outcome(i + "/" + language, language,
            arm.equals("a") ? 1.0 + i : 0))).toList();
    }

    @Test
    void translationsOfAQuestionAreNoReplicatesOfIt() {
        var byQuestion = ONE.by(Contrast.Unit.QUESTION);
        var one = study(byQuestion).withSeeds(List.of(0L));
        var thrice = Findings.of(one, (arm, _, _) -> translated(arm, List.of("en", "ms", "hi"))).getFirst();
        var once = Findings.of(one, (arm, _, _) -> translated(arm, List.of("en"))).getFirst();
        assertEquals(new Findings.Coverage(5, 0), thrice.coverage());
        assertEquals(once.interval(), thrice.interval());
        assertEquals(once.p(), thrice.p());
        var byItem = Findings.of(study(ONE).withSeeds(List.of(0L)), (arm, _, _) -> translated(arm, List.of("en", "ms", "hi"))).getFirst();
        assertTrue(byItem.p().orElseThrow() < once.p().orElseThrow());
    }

    private static final Contrast IN_ENGLISH = Contrast.difference("English", Contrast.Role.PRIMARY, OF_A.in("english=yes"),
        OF_A.of("b").in("english=yes"));
    private static final Contrast IN_OTHERS = Contrast.difference("others", Contrast.Role.PRIMARY, OF_A.in("english=no"),
        OF_A.of("b").in("english=no"));
    private static final Contrast GAP = Contrast.interaction("gap", Contrast.Role.PRIMARY, IN_ENGLISH, IN_OTHERS);

    /** Four questions in English and in Spanish; b lacks the last one in English, and seed 1 the first in Spanish. */
    private static List<Examiner.Outcome> lacking(String arm, long seed) {
        var random = new Random(31 * seed + arm.hashCode());
        var all = Stream.of("en", "es").flatMap(language -> IntStream.range(0, 4).mapToObj(i -> outcome(i + "/" + language, language,
            (arm.equals("a") ? 1 : 0) + i + random.nextGaussian()))).toList();
        return all.stream().map(one -> one.item().equals("3/en") && arm.equals("b") || one.item().equals("0/es") && seed == 1
            ? new Examiner.Outcome(one.setting(), one.item(), one.slices(), Map.of(), Map.of("score", 1)) : one).toList();
    }

    @Test
    void anInteractionIsOneFindingMinusTheOtherThoughAnItemIsMissing() {
        for (var unit : List.of(Contrast.Unit.ITEM, Contrast.Unit.QUESTION)) {
            var findings = Findings.of(study(IN_ENGLISH.by(unit), IN_OTHERS.by(unit), GAP.by(unit)), (arm, _, seed) -> lacking(arm, seed));
            assertEquals(List.of(1, 1, 2), findings.stream().map(finding -> finding.coverage().leftOut()).toList());
            for (long seed = 0; seed < 3; seed++) {
                assertEquals(findings.get(0).values().get(seed) - findings.get(1).values().get(seed), findings.get(2).values().get(seed),
                    1e-12, "within rounding of 8 terms");
            }
            assertEquals(findings.get(0).estimate().orElseThrow() - findings.get(1).estimate().orElseThrow(),
                findings.get(2).estimate().orElseThrow(), 1e-12);
            var interval = findings.get(2).interval().orElseThrow();
            assertEquals(findings.get(2).estimate().orElseThrow(), (interval.low() + interval.high()) / 2, 1e-12, "what is tested is told");
        }
    }

    /** Seed 1 lacks item 0, which seed 0 has its own value of. */
    @Test
    void aSeedsValueIsOverItsOwnItemsAndTheTestOverThoseThatAllSeedsHave() {
        var finding = Findings.of(study(IN_OTHERS), (arm, _, seed) -> lacking(arm, seed)).getFirst();
        var differences = IntStream.range(0, 3).mapToObj(seed -> IntStream.range(4, 8).mapToDouble(i -> lacking("a", seed).get(i).values()
            .getOrDefault("score", Double.NaN) - lacking("b", seed).get(i).values().getOrDefault("score", Double.NaN)).toArray()).toList();
        assertEquals(Arrays.stream(differences.get(0)).average().orElseThrow(), finding.values().get(0L), 1e-12);
        assertEquals(Arrays.stream(differences.get(1)).skip(1).average().orElseThrow(), finding.values().get(1L), 1e-12);
        assertEquals(differences.stream().mapToDouble(seed -> Arrays.stream(seed).skip(1).average().orElseThrow()).average().orElseThrow(),
            finding.estimate().orElseThrow(), 1e-12);
        assertEquals(new Findings.Coverage(3, 1), finding.coverage());
    }

    /** Seed 2 has no values: what is told of seeds 0 and 1 is theirs. */
    @Test
    void aSeedWithoutValuesHasNone() {
        var finding = Findings.of(study(ONE), (arm, exam, seed) -> seed == 0 ? List.of() : outcomes(arm, exam, seed)).getFirst();
        assertEquals(List.of(1L, 2L), List.copyOf(finding.values().keySet()));
        assertEquals(mean("short", 2), finding.values().get(2L), 1e-12);
    }

    @Test
    void oneSeedsSlicesOfDifferentItemsAreIndependentSamples() {
        var seed = study(GAP).withSeeds(List.of(0L));
        var finding = Findings.of(seed, (arm, _, _) -> lacking(arm, 0)).getFirst();
        var differences = IntStream.range(0, 8).filter(i -> i != 3).mapToDouble(i -> lacking("a", 0).get(i).values().get("score")
            - lacking("b", 0).get(i).values().get("score")).toArray();
        var welch = TTest.welch(Arrays.copyOfRange(differences, 0, 3), Arrays.copyOfRange(differences, 3, 7), 0.95);
        assertEquals(welch.p(), finding.p().orElseThrow(), 1e-12);
        assertEquals(welch.interval().low(), finding.interval().orElseThrow().low(), 1e-12);
        assertEquals(Findings.Over.ITEMS, finding.over());
    }

    /** Its English and Spanish gaps depend on each other, so each question has one value: their difference. */
    @Test
    void aQuestionInTwoSlicesIsPairedWithItself() {
        Findings.Outcomes outcomes = (arm, _, _) -> IntStream.range(0, 10).mapToObj(i -> outcome(i % 5 + (i < 5 ? "/en" : "/es"),
            i < 5 ? "en" : "es", arm.equals("a") ? 10.0 * (i % 5) + (i < 5 ? 1 + 0.1 * i : 0) : 0)).toList();
        var finding = Findings.of(study(GAP.by(Contrast.Unit.QUESTION)).withSeeds(List.of(0L)), outcomes).getFirst();
        var paired = TTest.paired(new double[] {1, 1.1, 1.2, 1.3, 1.4}, new double[5], 0.95);
        assertEquals(5, finding.coverage().items());
        assertEquals(paired.p(), finding.p().orElseThrow(), 1e-9, "differences of numbers up to 41, to 15 digits");
        var byItem = Findings.of(study(GAP).withSeeds(List.of(0L)), outcomes).getFirst();
        assertTrue(byItem.p().orElseThrow() > 0.5, "as if other questions had been asked in Spanish");
    }

    /** A contrast that can't be tested was declared, and counts. */
    @Test
    void aFailedExamDoesNotMakeTheCorrectionMilder() {
        var failed = Contrast.difference("failed", Contrast.Role.PRIMARY, OF_A.at("long"), OF_A.of("b").at("long"));
        var study = study(ONE, failed);
        var terms = new Study.Terms(List.of(0L), 0.05, "holm");
        var findings = Findings.of(new Study(study.title(), study.rows(), study.arms(), study.exams(), study.contrasts(), terms),
            (arm, exam, seed) -> exam.equals("long") ? List.of() : outcomes(arm, exam, seed));
        assertEquals(2 * findings.getFirst().p().orElseThrow(), findings.getFirst().adjusted().orElseThrow());
        assertTrue(findings.getLast().adjusted().isEmpty());
    }
}
