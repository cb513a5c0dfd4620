package dev.leeway.study;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.eval.Csv;
import dev.leeway.eval.Setting;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.xml.sax.InputSource;

/** What a study leaves for people, of two arms that share a base, with two seeds and exams at checkpoints. */
final class StudyPageTest {

    @TempDir
    private static Path folder;
    private static StudyResults results;
    private static String page;

    @BeforeAll
    static void carryOut() {
        results = run(folder.resolve("study"));
        page = page(results);
    }

    static StudyResults run(Path path) {
        var study = study();
        var studyFolder = new StudyFolder(path);
        studyFolder.create();
        var run = new StudyRun(Plan.of(study, Optional.empty()), studyFolder, new CurveCrew().crew(), Optional.empty(),
            StudyRun.Listener.SILENT);
        run.seal();
        return run.run().orElseThrow();
    }

    private static String page(StudyResults of) {
        return StudyPage.of(of, List.of(), new LinkedHashMap<>(Map.of("Java", "25")), "leeway study run toy").html();
    }

    private static Study study() {
        var base = Stage.of("base", "pretrain", "texts", Map.of());
        var arms = List.of(Arm.of("a", "one", base, Stage.of("tuned", "sft", "texts", Map.of("learning_rate", "1",
            "eval_benchmarks", "toy-quiz", "eval_steps", "2", "early_stopping_patience", "3", "metric_for_best_model",
            "toy-quiz_score"))),
            Arm.of("b", "other", base, Stage.of("tuned", "grpo", "texts", Map.of("metric", "reward"))));
        SequencedMap<String, Rows> rows = new LinkedHashMap<>();
        rows.put("texts", new Rows.Made("texts", 3, new LinkedHashMap<>(), true));
        var exam = new Exam("quiz", "toy-quiz", Optional.empty(), new LinkedHashMap<>(), List.of(Setting.EvaluationPrompt.NONE),
            new Exam.Extent(Exam.When.CHECKPOINTS, 0, 0));
        var cell = new Contrast.Cell("a", "quiz", "score", "", "none");
        return new Study(new Study.Title("toy", "Does a differ from b?", "a paper"), rows, arms, List.of(exam),
            List.of(Contrast.difference("a − b", Contrast.Role.PRIMARY, cell, cell.of("b")).published(0.5)),
            new Study.Terms(List.of(0L, 1L), 0.05, "holm"));
    }

    private static String section(String title) {
        int begin = page.indexOf(">" + title + "</h2>");
        assertTrue(begin > 0, "a section " + title);
        return page.substring(begin, page.indexOf("</section>", begin));
    }

    @Test
    void theAnswerComesFirstAndThePageIsWellFormed() throws Exception {
        assertTrue(page.indexOf("The one primary contrast is not significant at 0.05 after correction.") < page.indexOf("<nav>"), page);
        assertTrue(page.contains("(After a paper.)") && page.contains("and this is that analysis"), page);
        var body = page.substring(page.indexOf("<h1>"), page.indexOf("</body>"));
        DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(new InputSource(new StringReader("<root>" + body + "</root>")));
        assertFalse(page.contains("<script") || page.contains("http") || page.contains("NaN"), page);
        assertEquals(page, page(results));
    }

    @Test
    void theForestHasALineAtZeroAndThePapersDiamond() {
        var contrasts = section("Contrasts");
        assertTrue(contrasts.contains("class=\"zero\"") && contrasts.contains("class=\"other\""), contrasts);
        assertTrue(contrasts.contains("+0.000; paper +0.500"), contrasts);
    }

    /** Seed 0 has the losses 4 3 2 1, seed 1 one more: their mean goes from 4.5 to 1.5 within a band one wide. */
    @Test
    void trainingCurvesAreMeansOverSeedsAndSharedStagesAreOneLine() {
        var training = section("Training");
        assertTrue(training.contains("<summary>base: loss</summary>") && training.contains("</svg>all arms</li>"), training);
        assertTrue(training.contains("<title>all arms: 4.5 at 1 (4 to 5)</title>") && training.contains("all arms: 1.5 at 4 (1 to 2)"),
            training);
        assertTrue(training.contains("<summary>tuned: loss</summary>") && training.contains("<summary>tuned: reward</summary>"),
            "what is rewarded shows its reward: " + training);
    }

    /** A stage is asked at steps 0, 2 and 4: seed 0 has the scores 0, 0.2 and 0.4, seed 1 one more. */
    @Test
    void whatATrainingIsAskedOnTheWayIsDrawnAtItsSteps() {
        var training = section("Training");
        assertTrue(training.contains("<summary>tuned: eval_toy-quiz_score</summary>"), training);
        for (var point : new String[] {"0.5 at 0 (0 to 1)", "0.7 at 2 (0.2 to 1.2)", "0.9 at 4 (0.4 to 1.4)"}) {
            assertTrue(training.contains("<title>a: " + point + "</title>"), point + " in " + training);
        }
        assertFalse(training.contains("eval_toy-quiz_tone"), "no answer had it");
    }

    @Test
    void whereAStageStopsStandsInThePlanAndIsSealed() throws IOException {
        assertTrue(section("Arms and plan").contains("one (base → tuned, which stops when eval_toy-quiz_score got no higher in 3 "
            + "evaluations in a row, 2 steps apart)"), section("Arms and plan"));
        assertTrue(Files.readString(folder.resolve("study/seal.json")).contains("\"early_stopping_patience\""));
        var stage = Stage.of("s", "sft", "texts", Map.of());
        assertEquals("s", stage.text());
        assertEquals(Optional.of("stops when eval_loss got no lower by more than 0.1 in 2 evaluations in a row, 5 steps apart"),
            Stage.of("s", "sft", "texts", Map.of("early_stopping_patience", "2", "early_stopping_threshold", "0.1", "eval_steps", "5"))
                .stop());
        assertEquals(Optional.of("stops when eval_x_y got no lower in 2 evaluations in a row, 5 steps apart"),
            Stage.of("s", "sft", "texts", Map.of("early_stopping_patience", "2", "metric_for_best_model", "eval_x_y", "greater_is_better",
                "false", "eval_steps", "5")).stop());
    }

    @Test
    void driftCurvesHaveEveryCheckpointAndTheEnd() {
        var drift = section("On the way");
        assertTrue(drift.contains("quiz, score over steps of base") && drift.contains("quiz, score over steps of tuned"), drift);
        for (var point : new String[] {"0.2534 at 0", "0.5034 at 2", "0.7534 at 4"}) { // 15 items have .1 more, 14 have .1 less
            assertTrue(drift.contains("all arms: " + point + " ("), point + " in " + drift);
        }
    }

    @Test
    void answersAreBesideEachOtherAndWhatIsNotShownIsCounted() {
        var answers = section("Answers");
        assertTrue(answers.contains("20 of 30 items, evenly spread; the other 10 are in the files below."), answers);
        assertTrue(answers.contains("<summary>item-0 · Question &lt;0&gt;?</summary>"), answers);
        assertTrue(answers.contains("<td>a, b</td><td>Answer &amp; 0</td><td>score 0.5</td>"), "both arms said it: " + answers);
        assertTrue(answers.contains("score missing: the grader said nothing"), answers);
        var file = results.traces().records(results.outcomes().keySet().iterator().next()).orElseThrow();
        assertTrue(answers.contains(folder.resolve("study").relativize(file).toString()), "where all of them are");
        assertTrue(section("Missing answers").contains("lack the values of some answers"), section("Missing answers"));
    }

    @Test
    void tablesReadBackAsTheResults() throws Exception {
        var tables = new StudyTables(results).files();
        assertEquals(List.of("contrasts.csv", "means.csv", "items.csv"), List.copyOf(tables.keySet()));
        for (var table : tables.entrySet()) {
            Files.writeString(folder.resolve(table.getKey()), table.getValue());
        }
        var contrast = Csv.records(folder.resolve("contrasts.csv")).getFirst();
        assertEquals("a − b", contrast.text("contrast"));
        assertEquals(0.5, contrast.number("published"));
        assertEquals(0, contrast.number("low"), "the arms are the same: " + contrast);
        assertEquals(List.of(0.0, 0.0), List.of(contrast.number("seed_0"), contrast.number("seed_1")), "by their numbers");
        assertEquals(1, contrast.number("left_out"), "item 1 has no value");
        var means = Csv.records(folder.resolve("means.csv"));
        assertEquals(results.means().size(), means.size());
        for (int i = 0; i < means.size(); i++) {
            assertEquals(results.means().get(i).value(), means.get(i).number("value"), "to the bit");
            assertEquals(1, means.get(i).number("missing"));
        }
        assertEquals(List.of("0", "2", ""), means.stream().map(mean -> mean.text("step")).distinct().toList(), "the end has no step");
        var items = Csv.records(folder.resolve("items.csv"));
        assertEquals(results.outcomes().size() * 30, items.size());
        assertEquals("", items.get(1).text("value"));
        assertEquals("language=en", items.get(1).text("slices"));
    }

    @Test
    void everyModelHasACardThatSaysWhatItIs() {
        var cards = new StudyCards(results, Optional.empty(), "leeway 1").files();
        assertEquals(results.plan().nodes().size(), cards.size());
        var node = results.plan().replications().getFirst().last();
        var card = cards.get(folder.resolve("study/stages").resolve(node.key()).resolve("README.md"));
        for (var piece : new String[] {"---\nlibrary_name: leeway\npipeline_tag: text-generation\nbase_model: \"../"
            + node.before().orElseThrow().key() + "\"\ntags:\n- \"leeway\"\n- \"sft\"\n- \"study:toy\"\n---\n",
            "# toy: tuned of a, seed 0", "--metric_for_best_model toy-quiz_score --seed 0", "hash " + node.rows().orElseThrow(),
            "| quiz | none | score | 0.753 |", "says nothing about real ones"}) {
            assertTrue(card.contains(piece), piece + " in " + card);
        }
        var base = cards.get(folder.resolve("study/stages").resolve(node.before().orElseThrow().key()).resolve("README.md"));
        assertTrue(base.contains("# toy: base of a, b, seed 0") && !base.contains("base_model"), base);
        var real = new StudyCards(results, Optional.of("Llama"), "leeway 1").files().values();
        assertTrue(real.stream().noneMatch(text -> text.contains("toy model")) && real.stream().anyMatch(
            text -> text.contains("base_model: \"Llama\"")));
    }

    @Test
    void theSameStudyElsewhereLeavesTheSameTablesAndCards() {
        var again = run(folder.resolve("again"));
        assertEquals(new StudyTables(results).files(), new StudyTables(again).files());
        assertEquals(List.copyOf(new StudyCards(results, Optional.empty(), "1").files().values()),
            List.copyOf(new StudyCards(again, Optional.empty(), "1").files().values()));
        assertEquals(page, page(again));
    }
}
