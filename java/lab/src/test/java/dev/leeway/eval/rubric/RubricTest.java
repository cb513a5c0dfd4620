package dev.leeway.eval.rubric;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.LeewayException;
import dev.leeway.eval.Baseline;
import dev.leeway.eval.Item;
import dev.leeway.eval.Response;
import dev.leeway.eval.Value;
import dev.leeway.eval.judged.Trial;
import dev.leeway.judge.Judge;
import dev.leeway.judge.ScriptedJudge;
import dev.leeway.judge.Verdict;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class RubricTest {

    /** Sums of a few quotients of small numbers: some units in the last place of 1. */
    private static final double EXACT = 1e-12;

    @TempDir
    Path folder;

    @BeforeEach
    void smallData() {
        Trial.write(folder.resolve("ahb/dimensions.jsonl"),
            dimension("Care", "Are {{animal}} cared for?", 1), dimension("Trade-off Transparency", "Are costs named?", 2),
            dimension("Steps", "Are there steps?", 1));
        Trial.write(folder.resolve("ahb/questions.jsonl"),
            question(1, "one", "\"Care\",\"Trade-off Transparency\"", "\"animal:hens, cows\"", "null"),
            question(2, "two", "\"Care\"", "null", "\"English\""),
            question(3, "drei", "\"Steps\",\"Care\"", "\"animal:fish\"", "\"German\""),
            question(4, "four", "\"Care\",\"\"", "null", "null"), question(5, "five", "", "null", "null"),
            question(6, "", "\"Care\"", "null", "null"));
    }

    private static String dimension(String name, String guide, double weight) {
        return "{\"dimension\":\"%s\",\"guiding_question\":\"%s\",\"scoring\":\"\",\"observable_indicators\":\"a sign\\nanother\","
            .formatted(name, guide) + "\"default_weighting\":" + weight + "}";
    }

    private static String question(int id, String text, String tags, String variables, String language) {
        return "{\"id\":%d,\"question\":\"%s\",\"tags\":[%s],\"variables\":%s,\"language\":%s,\"translation\":null}".formatted(id, text,
            tags, variables, language);
    }

    private Rubric ahb(Map<String, String> options) {
        return assertInstanceOf(Rubric.class, Trial.load(Ahb.entry(), folder, options));
    }

    /** Judge by what the question is about. */
    private static Judge met(String id, String... marks) {
        return new ScriptedJudge(id, question -> Verdict.Given.of("so. GRADE: " + (List.of(marks).stream().anyMatch(mark ->
            question.input().contains(mark)) ? "C" : "I")));
    }

    @Test
    void rowsThatTheReferenceLoaderLeavesOutAreLeftOut() {
        assertEquals(List.of("1", "2", "3"), ahb(Map.of()).items().stream().map(Item::id).toList());
    }

    @Test
    void dataWithoutARowForItsDimensionsSaysHowManyAreLeftOutAndWhereTheyBegin() {
        Trial.write(folder.resolve("ahb/questions.jsonl"), question(1, "one", "\"Other\"", "null", "null"),
            question(2, "", "\"Care\"", "null", "null"));
        var message = assertThrows(LeewayException.class, () -> ahb(Map.of())).getMessage();
        assertTrue(message.startsWith("all 2 rows are left out, the first at ") && message.contains("questions.jsonl:1: ")
            && message.contains("Care, Trade-off Transparency, Steps"), message);
    }

    /**
     * Two judges. The first grants care of hens alone and costs; the second care of hens and cows, steps too.
     * Item 1: Care = mean over assignments of (1+1)/2 and (0+1)/2 = .75; Trade-off = (1+0)/2 = .5; overall = (1·.75 + 2·.5)/3 = 1.75/3.
     * Item 2: Care of "animal", granted by nobody: 0. Item 3: Steps = (0+1)/2 = .5, Care of fish 0; overall .25.
     * overall_mean = (1.75/3 + 0 + .25)/3; Care = (.75+0+0)/3 = .25; Trade-off .5; Steps .5;
     * dimension_normalized_avg = (1·.25 + 2·.5 + 1·.5)/4 = 1.75/4.
     */
    @Test
    void theThreeAggregatesAreThoseOfAHandMadeCase() {
        var rubric = ahb(Map.of());
        var first = met("first", "Are hens cared", "Are costs named");
        var second = met("second", "Are hens cared", "Are cows cared", "Are there steps");
        var rows = Trial.texts(rubric, 1, (_, _) -> "words", first, second);
        var statistics = rubric.summarise(rows);
        assertEquals((1.75 / 3 + 0.25) / 3, Trial.number(statistics, "overall_mean", ""), EXACT);
        assertEquals(0.25, Trial.number(statistics, "avg_by_dimension/Care", ""), EXACT);
        assertEquals(0.5, Trial.number(statistics, "avg_by_dimension/Trade-off Transparency", ""), EXACT);
        assertEquals(0.5, Trial.number(statistics, "avg_by_dimension/Steps", ""), EXACT);
        assertEquals(1.75 / 4, Trial.number(statistics, "dimension_normalized_avg", ""), EXACT);
        assertEquals(1.75 / 6, Trial.number(statistics, "overall_mean", "language=en"), EXACT);
        assertEquals(0.25, Trial.number(statistics, "overall_mean", "language=German"), EXACT);
        assertEquals(0.25, Trial.number(statistics, "overall_mean", "english=no"), EXACT);
        assertEquals((0.75 / 2 + 2 * 0.5) / 3, Trial.number(statistics, "dimension_normalized_avg", "english=yes"), EXACT);
        var grades = rows.getFirst().score().grades();
        assertEquals(List.of("animal=hens", "animal=hens", "animal=cows", "animal=cows", "", ""),
            grades.stream().map(grade -> grade.variant()).toList());
        assertEquals("scripted:second", grades.get(1).grader());
        assertEquals("so. GRADE: C", grades.getFirst().said());
    }

    @Test
    void epochsOfAnItemAreAveragedBeforeItems() {
        var rubric = ahb(Map.of());
        var judge = met("good", "a good answer");
        var rows = Trial.texts(rubric, 4, (item, epoch) -> item.id().equals("2") && epoch > 0 ? "a good answer" : "words", judge);
        var statistics = rubric.summarise(rows);
        assertEquals(0.75 / 3, Trial.number(statistics, "overall_mean", ""), EXACT);
        assertEquals(0.75 / 3 / 4, Trial.number(statistics, "dimension_normalized_avg", ""), EXACT);
    }

    /** Without a grade of costs, item 1 has Care alone. */
    @Test
    void repliesWithoutAGradeAreDroppedOrZeroAsTheRunSays() {
        var judge = new ScriptedJudge("no costs", question ->
            Verdict.Given.of(question.input().contains("Are costs") ? "unsure" : "GRADE: C"));
        var drop = ahb(Map.of());
        var dropped = drop.summarise(Trial.texts(drop, 1, (_, _) -> "words", judge));
        assertEquals(1, Trial.number(dropped, "overall_mean", ""), EXACT);
        assertTrue(Trial.statistic(dropped, "avg_by_dimension/Trade-off Transparency", "").value().isEmpty());
        assertEquals(1, Trial.statistic(dropped, "avg_by_dimension/Trade-off Transparency", "").missing());
        assertEquals(1, Trial.number(dropped, "dimension_normalized_avg", ""), EXACT);
        assertEquals(1, Trial.statistic(dropped, "dimension_normalized_avg", "").missing());
        var zero = ahb(Map.of("parse", "zero"));
        var zeroed = zero.summarise(Trial.texts(zero, 1, (_, _) -> "words", judge));
        assertEquals((1.0 / 3 + 2) / 3, Trial.number(zeroed, "overall_mean", ""), EXACT);
        assertEquals(0.5, Trial.number(zeroed, "dimension_normalized_avg", ""), EXACT);
    }

    @Test
    void whoeverCouldNotAnswerOrBeAskedIsMissingUnderBothPolicies() {
        for (var policy : List.of("drop", "zero")) {
            var rubric = ahb(Map.of("parse", policy));
            var silent = new ScriptedJudge("silent", _ -> new Verdict.Missing("no line"));
            var unheard = Trial.texts(rubric, 1, (_, _) -> "words", silent);
            assertEquals(Value.missing("no dimension has a grade"), unheard.getFirst().score().value("overall_mean"));
            assertEquals(Value.missing("no line"), unheard.getFirst().score().value("avg_by_dimension/Care"));
            var calls = new ArrayList<String>();
            var judge = new ScriptedJudge("counts", question -> {
                calls.add(question.input());
                return Verdict.Given.of("GRADE: C");
            });
            var unable = Trial.rows(rubric, 1, _ -> new Response.Unable("too long"), judge);
            assertEquals(Value.missing("too long"), unable.getFirst().score().value("overall_mean"));
            assertTrue(calls.isEmpty());
        }
    }

    @Test
    void theJudgeSeesOneDimensionAndTheRevisionInTheProtocolsOrder() {
        var seen = new ArrayList<String>();
        var judge = new ScriptedJudge("sees", question -> {
            seen.add(question.input());
            return Verdict.Given.of("GRADE: I");
        });
        Trial.texts(ahb(Map.of()), 1, (_, _) -> "the submitted words with {guide}", judge);
        assertEquals(6, seen.size());
        var input = seen.getFirst();
        int at = -1;
        for (var part : List.of("AHB-2.1", "meets one criterion", "one", "the submitted words with {guide}", "Care", "Are hens cared for?",
            "a sign\nanother", "step by step", "GRADE: C", "translate")) {
            int next = input.indexOf(part, at + 1);
            assertTrue(next > at, part + " is not behind the others in " + input);
            at = next;
        }
        assertFalse(input.contains("Are costs named?"));
    }

    @Test
    void languagesAreChosenByNameAndEnglishIncludesThoseWithout() {
        assertEquals(2, ahb(Map.of("language", "en")).items().size());
        assertEquals(2, ahb(Map.of("language", "English")).items().size());
        assertEquals(1, ahb(Map.of("language", "german")).items().size());
        assertEquals(1, ahb(Map.of("language", "non-en")).items().size());
        var refused = assertThrows(LeewayException.class, () -> ahb(Map.of("language", "Klingon")));
        assertEquals("ahb.language: no question is in 'Klingon'; give all, non-en or one of German, en", refused.getMessage());
    }

    @Test
    void aRevisionThatTheDataIsNotIsRefused() {
        var refused = assertThrows(LeewayException.class, () -> ahb(Map.of("revision", "2.2")));
        assertEquals("ahb.revision is 2.2, but the data spells Trade-off Transparency, which 2.1 does; give that, or the other data",
            refused.getMessage());
        Trial.write(folder.resolve("ahb/dimensions.jsonl"), dimension("Care", "Cared for?", 1), dimension("Steps", "Steps?", 1));
        assertTrue(assertThrows(LeewayException.class, () -> ahb(Map.of())).getMessage().endsWith("say 2.1 or 2.2"));
        assertEquals(2, ahb(Map.of("revision", "2.2")).items().size());
    }

    @Test
    void badRowsEndInOneSentenceWithTheirPlace() {
        Trial.write(folder.resolve("ahb/questions.jsonl"), question(1, "one", "\"Care\"", "\"animal:a:b\"", "null"));
        var refused = assertThrows(LeewayException.class, () -> ahb(Map.of()));
        assertTrue(refused.getMessage().endsWith("questions.jsonl:1: a line of 'variables' must be name:value,value; got 'animal:a:b'"),
            refused.getMessage());
        Trial.write(folder.resolve("ahb/questions.jsonl"), question(1, "one", "\"Care\"", "null", "null"),
            question(1, "two", "\"Care\"", "null", "null"));
        var twice = assertThrows(LeewayException.class, () -> ahb(Map.of()));
        assertTrue(twice.getMessage().contains("questions.jsonl:2 has the id 1 of an earlier row"), twice.getMessage());
    }

    @Test
    void anAnswersScoreDependsOnNoOther() {
        Trial.assertScoresAreTheirOwn(ahb(Map.of()), (item, _) -> "words " + item.id(), met("a", "words 1"), met("b", "words 3"));
    }

    @Test
    void copyingThePromptIsJudgedAsWhatItIs() {
        var rubric = ahb(Map.of());
        var rows = Trial.answered(rubric, Baseline.COPY_PROMPT, met("copy", "Submission:\ndrei"));
        assertEquals(1.0 / 3, Trial.number(rubric, rows, "overall_mean"), EXACT);
    }

    private static String moru(int id, String language, String tags) {
        return ("{\"id\":%d,\"question\":\"q%d\",\"source\":\"s\",\"question_type\":\"t\",\"input_prompt_suffix\":\"Why?\","
            + "\"dimension_tags\":\"%s\",\"dimension_weights\":\"5\",\"language\":\"%s\",\"english_translation\":\"\"}")
            .formatted(id, id, tags, language);
    }

    /** Care weighs 1 in MORU whatever the file says: item 1 in English has Care 1, Steps 0; the others Care alone, met. */
    @Test
    void moruHasNoWeightsAndOneItemForEachIdAndLanguage() {
        Trial.write(folder.resolve("moru/dimensions.jsonl"), dimension("Care", "Are beings cared for?", 3),
            dimension("Steps", "Steps?", 1));
        Trial.write(folder.resolve("moru/questions.jsonl"), moru(1, "en", "Care, Steps, Unknown"), moru(1, "ms", "['Care']"),
            moru(1, "en", "Care"), moru(2, "hi", "Care"), moru(3, "hi", "Unknown"));
        var rubric = assertInstanceOf(Rubric.class, Trial.load(Moru.entry(), folder, Map.of()));
        assertEquals(List.of("1/en", "1/ms", "2/hi"), rubric.items().stream().map(Item::id).toList());
        assertEquals("q1 Why?", rubric.items().getFirst().question());
        var statistics = rubric.summarise(Trial.texts(rubric, 1, (_, _) -> "words", met("care", "Are beings cared for?")));
        assertEquals((0.5 + 1 + 1) / 3, Trial.number(statistics, "overall_mean", ""), EXACT);
        assertEquals(0.5, Trial.number(statistics, "dimension_normalized_avg", ""), EXACT);
        assertEquals(0.5, Trial.number(statistics, "overall_mean", "language=en"), EXACT);
    }
}
