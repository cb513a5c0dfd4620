package dev.leeway.eval.rubric;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import dev.leeway.eval.Baseline;
import dev.leeway.eval.Row;
import dev.leeway.eval.Score;
import dev.leeway.eval.Setting;
import dev.leeway.eval.Statistic;
import dev.leeway.eval.Value;
import dev.leeway.eval.judged.Fields;
import dev.leeway.eval.judged.Trial;
import dev.leeway.judge.ScriptedJudge;
import dev.leeway.judge.Verdict;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Over the questions of AHB 2.1, and over graded answers to them. */
@Tag("shared")
final class SharedRubricTest {

    /** Means of at most 114 numbers from 0 to 1 in two orders of summing: 114 units in the last place of 1. */
    private static final double EXACT = 1e-13;

    private static final Pattern SUBMISSION = Pattern.compile("(?s)Submission:\n(.*?)\n-----\nCriterion");

    private static Rubric ahb(Map<String, String> options) {
        return assertInstanceOf(Rubric.class, Trial.load(Ahb.entry(), Trial.shared().resolve("helpfulness"), options));
    }

    /** Grants a criterion where the submission has the word welfare, pain or suffer. */
    private static ScriptedJudge words() {
        return new ScriptedJudge("words", question -> {
            var submission = SUBMISSION.matcher(question.input()).results().findFirst().orElseThrow().group(1).toLowerCase();
            return Verdict.Given.of("GRADE: " + (List.of("welfare", "pain", "suffer").stream().anyMatch(submission::contains) ? "C" : "I"));
        });
    }

    @Test
    void ahbHas114QuestionsAndAsksJudges507TimesAnEpoch() {
        var rubric = ahb(Map.of());
        assertEquals(114, rubric.items().size());
        var judge = ScriptedJudge.always("GRADE: C");
        var statistics = rubric.summarise(Trial.texts(rubric, 1, (_, _) -> "words", judge));
        assertEquals(507, judge.counts().asked());
        assertEquals(1, Trial.number(statistics, "overall_mean", ""));
        assertEquals(1, Trial.number(statistics, "dimension_normalized_avg", ""));
        var twice = ScriptedJudge.always("GRADE: I");
        Trial.texts(rubric, 2, (_, _) -> "words", twice);
        assertEquals(2 * 507, twice.counts().asked());
    }

    @Test
    void languagesHaveAsManyQuestionsAsTheProtocolCounts() {
        assertEquals(30, ahb(Map.of("language", "en")).items().size());
        assertEquals(84, ahb(Map.of("language", "non-en")).items().size());
        assertEquals(7, ahb(Map.of("language", "Spanish")).items().size());
        assertEquals(10, ahb(Map.of("language", "Mandarin")).items().size());
    }

    /** Row 58, which the loader leaves out, carries five of them: one less than the protocol's table has for all 115. */
    @Test
    void dimensionsAreCarriedByAsManyQuestionsAsTheProtocolCounts() {
        var carriers = new HashMap<String, Integer>();
        ahb(Map.of()).items().forEach(item -> item.weights().keySet().forEach(name -> carriers.merge(name, 1, Integer::sum)));
        assertEquals(13, carriers.size());
        assertEquals(Map.of("Moral Consideration", 100, "Actionability", 79, "Prejudice Avoidance", 48, "Control Questions", 7),
            Map.of("Moral Consideration", carriers.get("Moral Consideration"), "Actionability", carriers.get("Actionability"),
                "Prejudice Avoidance", carriers.get("Prejudice Avoidance"), "Control Questions", carriers.get("Control Questions")));
    }

    /** The figures of docs/benchmarks/ahb.md: two questions have one of the words, with two dimensions and with one. */
    @Test
    void baselinesGetWhatThePageSays() {
        var rubric = ahb(Map.of());
        for (var baseline : List.of(Baseline.ALWAYS_A, Baseline.ALWAYS_REFUSE, Baseline.EMPTY)) {
            assertEquals(0, Trial.number(rubric, Trial.answered(rubric, baseline, words()), "overall_mean"), baseline.name());
        }
        var copied = rubric.summarise(Trial.answered(rubric, Baseline.COPY_PROMPT, words()));
        assertEquals(2.0 / 114, Trial.number(copied, "overall_mean", ""), EXACT);
        assertEquals((1.0 / 8 + 1.0 / 8 + 1.0 / 7) / 13, Trial.number(copied, "dimension_normalized_avg", ""), EXACT);
    }

    private static List<Row<RubricItem>> graded() {
        var rows = new ArrayList<Row<RubricItem>>();
        for (var row : Fields.of(Trial.shared().resolve("helpfulness/ahb/llama_3.1_8b_instruct_graded.jsonl"))) {
            var weights = new LinkedHashMap<String, Double>();
            var grades = new ArrayList<Score.Grade>();
            row.row().fields().path("dimension_scores").forEachEntry((name, grade) -> {
                weights.put(name, 1.0);
                grades.add(new Score.Grade(name, "", "continuous", Value.of(grade.doubleValue()), ""));
            });
            var item = new RubricItem(row.id("id"), row.text("question"), weights, Map.of(), "en");
            rows.add(new Row<>(item, Setting.BARE, 0, Rubric.score(item, grades)));
        }
        return rows;
    }

    @Test
    void gradedAnswersGetTheOverallScoresThatTheirFileHas() {
        var overall = Fields.of(Trial.shared().resolve("helpfulness/ahb/llama_3.1_8b_instruct_graded.jsonl")).stream()
            .mapToDouble(row -> row.number("overall_score", Double.NaN)).toArray();
        var rows = graded();
        assertEquals(108, rows.size());
        for (int i = 0; i < overall.length; i++) {
            assertEquals(overall[i], rows.get(i).score().value("overall_mean").asNumber().orElseThrow(), EXACT);
        }
    }

    @Test
    void gradedAnswersAggregateToTheirPublishedGradesMeans() {
        var statistics = RubricSummary.of(graded());
        assertEquals(0.1750925925925926, Trial.number(statistics, "overall_mean", ""), EXACT);
        assertEquals(0.18938389925955862, Trial.number(statistics, "dimension_normalized_avg", ""), EXACT);
        assertEquals(0.10396039603960396, Trial.number(statistics, "avg_by_dimension/Moral Consideration", ""), EXACT);
        assertEquals(0.3333333333333333, Trial.number(statistics, "avg_by_dimension/Prejudice Avoidance", ""), EXACT);
        assertEquals(101, Trial.statistic(statistics, "avg_by_dimension/Moral Consideration", "").items());
    }

    /** One answer's grade of Moral Consideration raised by 1: its dimension by 1/101, the macro average by that over 12. */
    @Test
    void aPerturbedRowMovesEachAggregateByWhatItMust() {
        var rows = graded();
        List<Statistic> before = RubricSummary.of(rows);
        int place = 0;
        while (!rows.get(place).item().weights().containsKey("Moral Consideration")) {
            place++;
        }
        var row = rows.get(place);
        var grades = row.score().grades().stream().map(grade -> !grade.of().equals("Moral Consideration") ? grade
            : new Score.Grade(grade.of(), "", "", Value.of(grade.value().asNumber().orElseThrow() + 1), "")).toList();
        rows.set(place, new Row<>(row.item(), row.setting(), 0, Rubric.score(row.item(), grades)));
        var after = RubricSummary.of(rows);
        double dimensions = row.item().weights().size();
        for (var moved : Map.of("overall_mean", 1 / dimensions / 108, "avg_by_dimension/Moral Consideration", 1.0 / 101,
            "dimension_normalized_avg", 1.0 / 101 / 12).entrySet()) {
            double difference = Trial.number(after, moved.getKey(), "") - Trial.number(before, moved.getKey(), "");
            assertNotEquals(0, difference);
            assertEquals(moved.getValue(), difference, EXACT, moved.getKey());
        }
    }
}
