package dev.leeway.study;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.eval.Setting;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is told of outcomes that are given, of two arms and one seed. */
final class StudyResultsTest {

    private static final Contrast.Cell OF_A = new Contrast.Cell("a", "exam", "score", "", "none");
    private static final Contrast ONE = Contrast.difference("a − b", Contrast.Role.PRIMARY, OF_A, OF_A.of("b"));

    @TempDir
    private Path temporary;

    /** Both arms' models get the same. */
    private record Answers(List<Outcome> outcomes) implements Examiner {

        @Override
        public Optional<List<Outcome>> examine(Exam exam, Path model, Optional<Path> data, Path output) {
            return Optional.of(outcomes);
        }

        @Override
        public String dependencies(Exam exam, Optional<Path> data) {
            return "given";
        }
    }

    private StudyResults results(Contrast contrast, int items, IntFunction<Examiner.Outcome> item) {
        SequencedMap<String, Rows> rows = new LinkedHashMap<>();
        rows.put("texts", new Rows.Made("texts", 3, new LinkedHashMap<>(), true));
        var arms = List.of(arm("a", "1"), arm("b", "2"));
        var exam = new Exam("exam", "toy", Optional.empty(), new LinkedHashMap<>(), List.of(Setting.EvaluationPrompt.NONE),
            Exam.Extent.OF_ARMS);
        var study = new Study(new Study.Title("toy", "Does a differ from b?", ""), rows, arms, List.of(exam), List.of(contrast),
            new Study.Terms(List.of(7L), 0.05, "holm"));
        var crew = new ToyCrew(0, 0);
        var answers = new Answers(IntStream.range(0, items).mapToObj(item).toList());
        return new StudyRun(Plan.of(study, Optional.empty()), new StudyFolder(temporary.resolve("study of " + items)),
            new StudyRun.Crew(crew, answers, crew), Optional.empty(), StudyRun.Listener.SILENT).run().orElseThrow();
    }

    private static Arm arm(String name, String effect) {
        return Arm.of(name, "", Stage.of("tuned", "sft", "texts", Map.of("effect", effect)));
    }

    private static String page(StudyResults results) {
        return StudyPage.of(results, List.of(), new LinkedHashMap<>(), "leeway study run toy").html();
    }

    @Test
    void anExamWithEveryAnswerMissingIsReportedSo() {
        var results = results(ONE, 4, i -> new Examiner.Outcome("none", "item-" + i, Map.of(), Map.of(), Map.of("score", 2)));
        assertEquals(List.of(), results.means());
        assertEquals(2, results.missing().size(), "one a model");
        assertSame(results.missing(), results.missing(), "every card asks, of all outcomes");
        var missing = results.missing().getFirst();
        assertEquals(List.of("exam", "none", "score", 8, 4, 4, 1.0), List.of(missing.exam(), missing.setting(), missing.measure(),
            missing.answers(), missing.items(), missing.without(), missing.share()));
        assertEquals(8, results.json(List.of()).get("missing").get(1).get("answers").asInt());
        assertEquals(new Findings.Coverage(0, 4), results.findings().getFirst().coverage());
        assertTrue(new StudyCards(results, Optional.empty(), "leeway 1").files().values().stream().allMatch(card ->
            card.contains("| exam | none | score | – | – | 0 | 8 |")), "both models took it");
        var page = page(results);
        assertTrue(page.contains("2 of them have no value at all") && !page.contains("No answer of a last model went without"), page);
    }

    /** One item of four has one of its answers. */
    @Test
    void whatIsMissingIsCountedBesideTheMean() {
        var results = results(ONE, 4, i -> new Examiner.Outcome("none", "item-" + i, Map.of(), i == 0 ? Map.of() : Map.of("score", 1.0 * i),
            i < 2 ? Map.of("score", 2 - i) : Map.of()));
        var missing = results.missing().getFirst();
        assertEquals(List.of(3, 4, 1, 0.25), List.of(missing.answers(), missing.items(), missing.without(), missing.share()));
        assertEquals(3, results.means().getFirst().missing());
        assertEquals(3, results.means().getFirst().items());
    }

    @Test
    void aSeedsValueStandsBesideItsNumber() {
        var results = results(ONE, 4, i -> new Examiner.Outcome("none", "item-" + i, Map.of(), Map.of("score", 1.0 * i), Map.of()));
        assertEquals(0.0, results.json(List.of()).get("contrasts").get(0).get("values").get("7").asDouble(1));
        assertTrue(new StudyTables(results).files().get("contrasts.csv").lines().findFirst().orElseThrow().endsWith(",seed_7"));
    }

    /** Three questions in four languages, in each of which a question has the same value. */
    @Test
    void intervalsOfMeansDrawWholeQuestions() {
        IntFunction<Examiner.Outcome> item = i -> new Examiner.Outcome("none", i % 3 + "/l" + i / 3, Map.of("language", "l" + i / 3),
            Map.of("score", 1.0 * (i % 3)), Map.of());
        var mean = results(ONE.by(Contrast.Unit.QUESTION), 12, item).means().getFirst();
        var once = results(ONE.by(Contrast.Unit.QUESTION), 3, item).means().getFirst();
        assertEquals(12, mean.items());
        assertEquals(once.interval(), mean.interval());
        assertEquals(0, mean.interval().low(), "one question is drawn three times in 1 of 27 resamples");
        assertTrue(results(ONE, 12, item).means().getFirst().interval().low() > 0.3, "as if all were drawn by themselves");
    }

    /** Ranks over all words have one mean, whatever the model is; contrasts are about some of them. */
    @Test
    void plotsShowTheSlicesThatContrastsName() {
        var ranks = new Contrast.Cell("a", "exam", "rank", "panel=positive", "none");
        var contrast = Contrast.difference("a − b", Contrast.Role.PRIMARY, ranks, ranks.of("b"));
        var page = page(results(contrast, 6, i -> new Examiner.Outcome("none", "item-" + i, Map.of("panel", i % 3 == 0 ? "positive"
            : "other"), Map.of("rank", i + 1.0, "reward", -1.0 * i), Map.of())));
        assertTrue(page.contains("exam, rank of panel=positive") && page.contains("2.500, 2 items"), page);
        assertFalse(page.contains("3.500, 6 items"), "the mean rank of all six");
        assertTrue(page.contains("exam, reward\""), "no contrast is about a part of it: " + page);
    }
}
