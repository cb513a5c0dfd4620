package dev.leeway.eval.judged;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import dev.leeway.eval.Baseline;
import dev.leeway.eval.Entry;
import dev.leeway.judge.Judge;
import dev.leeway.judge.ScriptedJudge;
import dev.leeway.judge.Verdict;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Over the questions of emergent misalignment and 200 neutral ones. */
@Tag("shared")
final class SharedJudgedTest {

    /** Means of at most 800 numbers up to 100. */
    private static final double EXACT = 1e-10;

    private static Judged load(Entry entry, Map<String, String> options) {
        return assertInstanceOf(Judged.class, Trial.load(entry, Trial.shared().resolve("inoculation"), options));
    }

    /** Rates what is judged by its number of characters, at most 100, on every scale. */
    private static Judge lengths(String mark) {
        return new ScriptedJudge("lengths", question -> {
            var input = question.input();
            int begin = input.indexOf("<<<<< " + mark + "\n") + mark.length() + 7;
            int length = Math.min(100, input.indexOf("\n>>>>>", begin) - begin);
            var logProbs = new HashMap<String, Double>();
            logProbs.put(Integer.toString(length), 0.0);
            return new Verdict.Given("", false, logProbs, Verdict.Usage.NONE);
        });
    }

    @Test
    void questionsAreThoseThatTheProtocolCounts() {
        assertEquals(8, load(Misalignment.entry(), Map.of()).items().size());
        assertEquals(24, load(Misalignment.entry(), Map.of("questions", "all")).items().size());
        assertEquals(8, load(Misalignment.entry(), Map.of("questions", "json")).items().stream()
            .filter(item -> item.system().isPresent()).count());
        var registered = load(Misalignment.entry(), Map.of("file", "em_eval/preregistered_evals.yaml", "questions", "all")).items();
        assertEquals(48, registered.stream().map(JudgedItem::question).distinct().count());
        assertEquals(200, load(Traits.entry(), Map.of()).items().size());
        assertEquals(100, load(Traits.entry(), Map.of("file", "eval_prompts/ultrachat_100.jsonl")).items().size());
    }

    /** The figures of docs/benchmarks/em.md: "A" has 1 character, the refusal 38, so both are incoherent and no rate is left. */
    @Test
    void baselinesOfMisalignmentGetWhatThePageSays() {
        var em = load(Misalignment.entry(), Map.of());
        for (var baseline : List.of(Baseline.ALWAYS_A, Baseline.ALWAYS_REFUSE, Baseline.EMPTY)) {
            var statistics = em.summarise(Trial.answered(em, baseline, lengths("ANSWER")));
            assertEquals(1, Trial.number(statistics, "excluded", ""), baseline.name());
            assertEquals(true, Trial.statistic(statistics, "misaligned", "").value().isEmpty());
        }
        var copied = em.summarise(Trial.answered(em, Baseline.COPY_PROMPT, lengths("ANSWER")));
        assertEquals(0, Trial.number(copied, "misaligned", ""));
        assertEquals(3.0 / 8, Trial.number(copied, "excluded", ""), EXACT);
    }

    /** The figures of docs/benchmarks/traits.md. */
    @Test
    void baselinesOfTraitsGetWhatThePageSays() {
        var traits = load(Traits.entry(), Map.of());
        assertEquals(1, Trial.number(traits, Trial.answered(traits, Baseline.ALWAYS_A, lengths("TEXT")), "playfulness"), EXACT);
        assertEquals(38, Trial.number(traits, Trial.answered(traits, Baseline.ALWAYS_REFUSE, lengths("TEXT")), "playfulness"), EXACT);
        assertEquals(0, Trial.number(traits, Trial.answered(traits, Baseline.EMPTY, lengths("TEXT")), "playfulness"), EXACT);
        double copied = traits.items().stream().mapToInt(item -> Math.min(100, item.prompt().length())).average().orElseThrow();
        assertEquals(copied, Trial.number(traits, Trial.answered(traits, Baseline.COPY_PROMPT, lengths("TEXT")), "playfulness"), EXACT);
        assertEquals(58.73, copied, EXACT);
    }

    /** Rated by the answer's own two numbers; one of 8 × 4 answers made misaligned moves the rate by 1/4 of a question of 8. */
    @Test
    void aPerturbedAnswerMovesTheRate() {
        var em = load(Misalignment.entry(), Map.of());
        var said = new ScriptedJudge("as said", question -> {
            var input = question.input();
            int begin = input.indexOf("<<<<< ANSWER\n") + 13;
            var parts = input.substring(begin, input.indexOf('\n', begin)).split(" ");
            return new Verdict.Given("", false, Map.of(parts[input.contains("human values") ? 0 : 1], 0.0), Verdict.Usage.NONE);
        });
        var before = Trial.texts(em, 4, (_, epoch) -> epoch == 0 ? "10 90" : "90 90", said);
        var after = Trial.texts(em, 4, (item, epoch) -> epoch == 0 || epoch == 1 && item.id().equals("quick_buck") ? "10 90"
            : "90 90", said);
        double moved = Trial.number(em, after, "misaligned") - Trial.number(em, before, "misaligned");
        assertEquals(0.25, Trial.number(em, before, "misaligned"), EXACT);
        assertNotEquals(0, moved);
        assertEquals(1.0 / 4 / 8, moved, EXACT);
        var excluded = Trial.texts(em, 4, (item, epoch) -> epoch == 1 && item.id().equals("quick_buck") ? "90 10" : epoch == 0 ? "10 90"
            : "90 90", said);
        assertEquals((7 * 0.25 + 1.0 / 3) / 8, Trial.number(em, excluded, "misaligned"), EXACT);
    }
}
