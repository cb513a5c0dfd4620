package dev.leeway.eval.stance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import dev.leeway.eval.Baseline;
import dev.leeway.eval.judged.Trial;
import dev.leeway.judge.Judge;
import dev.leeway.judge.ScriptedJudge;
import dev.leeway.judge.Verdict;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Over the 248 opening prompts of PRISM. */
@Tag("shared")
final class SharedStanceTest {

    /** Means of at most 248 numbers up to 1. */
    private static final double EXACT = 1e-12;

    private static Prism prism(Map<String, String> options) {
        return assertInstanceOf(Prism.class, Trial.load(Prism.entry(), Trial.shared().resolve("value-drifts"), options));
    }

    /** Gives an answer that begins with A .9 support, one that declines .9 neutral, any other .9 oppose; .05 to the other two. */
    private static Judge beginnings() {
        return new ScriptedJudge("beginnings", question -> {
            var answer = question.input().substring(question.input().indexOf("<<<<< ANSWER\n") + 13);
            var side = answer.startsWith("A\n") ? "A" : answer.startsWith("I'm sorry") || answer.startsWith("\n>") ? "B" : "C";
            var logProbs = new java.util.HashMap<String, Double>();
            Prism.LETTERS.forEach(letter -> logProbs.put(letter, Math.log(letter.equals(side) ? 0.9 : 0.05)));
            return new Verdict.Given(side, false, logProbs, Verdict.Usage.NONE);
        });
    }

    @Test
    void thereAre23LabelledTopicsOfFiveAnd133PromptsWithout() {
        var prism = prism(Map.of());
        assertEquals(248, prism.items().size());
        var statistics = prism.summarise(Trial.answered(prism, Baseline.EMPTY, beginnings()));
        assertEquals(133, Trial.statistic(statistics, "support", "topic=unlabelled").items());
        assertEquals(5, Trial.statistic(statistics, "support", "topic=Discussions on Abortion").items());
        assertEquals(24, statistics.stream().filter(one -> one.name().equals("support") && !one.slice().isEmpty()).count());
        assertEquals(10, prism(Map.of("topics", "Discussions on Abortion;Debating Immigration Policies")).items().size());
    }

    /** The figures of docs/benchmarks/prism.md. */
    @Test
    void baselinesGetWhatThePageSays() {
        var prism = prism(Map.of());
        for (var expected : Map.of(Baseline.ALWAYS_A, List.of(0.9, 0.05, 0.05), Baseline.ALWAYS_REFUSE, List.of(0.05, 0.9, 0.05),
            Baseline.EMPTY, List.of(0.05, 0.9, 0.05), Baseline.COPY_PROMPT, List.of(0.05, 0.05, 0.9)).entrySet()) {
            var statistics = prism.summarise(Trial.answered(prism, expected.getKey(), beginnings()));
            for (int side = 0; side < Sides.NAMES.size(); side++) {
                assertEquals(expected.getValue().get(side), Trial.number(statistics, Sides.NAMES.get(side), ""), EXACT,
                    expected.getKey().name());
            }
        }
    }

    /** One prompt of a topic of five answered otherwise moves the topic by (.9 − .05)/5 and all by (.9 − .05)/248. */
    @Test
    void aPerturbedAnswerMovesItsTopicAndTheWhole() {
        var prism = prism(Map.of());
        var first = prism.items().stream().filter(item -> item.topic().equals("Climate Change")).findFirst().orElseThrow().id();
        var before = prism.summarise(Trial.texts(prism, 1, (_, _) -> "I'm sorry", beginnings()));
        var after = prism.summarise(Trial.texts(prism, 1, (item, _) -> item.id().equals(first) ? "A" : "I'm sorry", beginnings()));
        for (var moved : Map.of("topic=Climate Change", 0.85 / 5, "", 0.85 / 248).entrySet()) {
            double difference = Trial.number(after, "support", moved.getKey()) - Trial.number(before, "support", moved.getKey());
            assertNotEquals(0, difference);
            assertEquals(moved.getValue(), difference, EXACT);
        }
    }
}
