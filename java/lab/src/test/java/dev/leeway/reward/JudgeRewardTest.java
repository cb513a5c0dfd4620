package dev.leeway.reward;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.judge.CachedJudge;
import dev.leeway.judge.ParsePolicy;
import dev.leeway.judge.Question;
import dev.leeway.judge.ScriptedJudge;
import dev.leeway.judge.Template;
import dev.leeway.judge.Verdict;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class JudgeRewardTest {

    private static final ParsePolicy SCORE = new ParsePolicy.Tag("score", 0, 10);

    private final List<Question> asked = new ArrayList<>();

    /** Says how long the text behind the last colon is; nothing about one that is empty. */
    private ScriptedJudge counting() {
        return new ScriptedJudge("counting", question -> {
            asked.add(question);
            var said = question.input().substring(question.input().lastIndexOf(':') + 1);
            return said.isEmpty() ? new Verdict.Missing("there is nothing to judge") : Verdict.Given.of("<score>" + said.length()
                + "</score>");
        });
    }

    private static Answer answer(Map<String, String> columns, String completion) {
        return new Answer(columns, "2 + 2?", List.of(), completion, 1, false);
    }

    @Test
    void theNumberOfTheVerdictIsTheReward() {
        try (var reward = new JudgeReward(counting(), Template.of("{prompt} :{completion}"), SCORE)) {
            assertEquals("judge", reward.name());
            assertArrayEquals(new double[] {4, 1, 10}, reward.of(List.of(answer(Map.of(), "four"), answer(Map.of(), "4"),
                answer(Map.of(), "0123456789"))));
            assertEquals("2 + 2? :four", asked.getFirst().input());
        }
    }

    @Test
    void whatIsMissingIsNoZero() {
        try (var reward = new JudgeReward(counting(), Template.of("{completion}{rubric}:{completion}"), SCORE)) {
            var rewards = reward.of(List.of(answer(Map.of("rubric", "short"), ""), answer(Map.of(), "no rubric"),
                answer(Map.of("rubric", "short"), "longer than ten"), answer(Map.of("rubric", "short"), "yes")));
            assertArrayEquals(new double[] {Double.NaN, Double.NaN, Double.NaN, 3}, rewards);
            assertEquals(3, asked.size(), "a row without a part that the question needs is not asked about");
        }
    }

    @Test
    void aCompletionThatLooksLikeAPlaceOrAQuestionStaysWhatItIs() {
        try (var reward = new JudgeReward(counting(), Template.of("{prompt} {{x}} {answer} :{completion}"), SCORE)) {
            reward.of(List.of(answer(Map.of("answer", "{prompt}"), "{answer}{{")));
            assertEquals("2 + 2? {x} {prompt} :{answer}{{", asked.getFirst().input());
        }
    }

    @Test
    void aTemplateSaysWhichColumnsAreRead() {
        var template = Template.of("{prompt} {rubric} {completion} {answer}");
        assertEquals(Set.of("rubric", "answer"), JudgeReward.reads(template));
        assertTrue(JudgeReward.asksOfCompletions(template));
        assertFalse(JudgeReward.asksOfCompletions(Template.of("{prompt}")));
    }

    @Test
    void nothingIsAskedTwiceBehindACache(@TempDir Path folder) {
        var template = Template.of(":{completion}");
        var file = folder.resolve("judge.jsonl");
        for (int run = 0; run < 2; run++) {
            try (var reward = new JudgeReward(new CachedJudge(counting(), file), template, SCORE)) {
                assertArrayEquals(new double[] {4, 1, 4}, reward.of(List.of(answer(Map.of(), "four"), answer(Map.of(), "4"),
                    answer(Map.of(), "four"))));
            }
        }
        assertEquals(2, asked.size());
    }
}
