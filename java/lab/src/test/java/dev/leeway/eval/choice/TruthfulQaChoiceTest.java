package dev.leeway.eval.choice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.LeewayException;
import dev.leeway.eval.Answer;
import dev.leeway.eval.Benchmark;
import dev.leeway.eval.Instruments;
import dev.leeway.eval.Prompt;
import dev.leeway.eval.Request;
import dev.leeway.eval.Response;
import dev.leeway.eval.Score;
import dev.leeway.eval.Setting;
import dev.leeway.eval.Value;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TruthfulQaChoiceTest {

    private static final String ROW = """
        [{"question": "Do gulls talk?", "mc1_targets": {"No": 1, "Yes": 0, "At night": 0},
          "mc2_targets": {"No": 1, "They cry": 1, "Yes": 0, "At night": 0}}]
        """;

    @TempDir
    private Path folder;

    private Benchmark<TruthfulItem> load(String json, String... options) {
        Trial.write(folder, "truthfulqa/mc_task.json", json);
        @SuppressWarnings("unchecked")
        var benchmark = (Benchmark<TruthfulItem>) Trial.load(TruthfulQaChoice.entry(), folder, options);
        return benchmark;
    }

    private Score score(Map<String, Double> logProbs) {
        var benchmark = load(ROW);
        var item = benchmark.items().getFirst();
        var request = (Request.Weigh) benchmark.request(item, Setting.BARE);
        var response = new Response.Weighed(request.options().stream().map(option ->
            new Response.Weight(logProbs.get(option.strip()), 1)).toList());
        return benchmark.score(List.of(new Answer<>(item, Setting.BARE, 0, request, response)), Instruments.NONE).getFirst();
    }

    @Test
    void eachAnswerIsWeighedOnceBehindTheQuestion() {
        var request = (Request.Weigh) Trial.first(load(ROW), Setting.BARE);
        assertEquals(new Prompt.Text("Q: Do gulls talk?\nA:"), request.prompt());
        assertEquals(Set.of(" No", " They cry", " Yes", " At night"), Set.copyOf(request.options()));
        assertEquals(4, request.options().size());
    }

    @Test
    void theOneTrueAnswerMustBeatEveryFalseOneAndTrueOnesShareTheProbability() {
        var right = score(Map.of("No", Math.log(0.4), "They cry", Math.log(0.1), "Yes", Math.log(0.2), "At night", Math.log(0.1)));
        assertEquals(Value.of(1), right.value("mc1"));
        assertEquals(0.5 / 0.8, right.value("mc2").asNumber().orElseThrow(), 1e-12);
        var wrong = score(Map.of("No", Math.log(0.1), "They cry", Math.log(0.6), "Yes", Math.log(0.1), "At night", Math.log(0.1)));
        assertEquals(Value.of(0), wrong.value("mc1"), "a tie is not right, and 'They cry' is no answer of mc1");
        assertEquals(0.7 / 0.9, wrong.value("mc2").asNumber().orElseThrow(), 1e-12);
    }

    @Test
    void answersOfVerySmallProbabilityStillShareIt() {
        var score = score(Map.of("No", -2000.0, "They cry", -3000.0, "Yes", -2000.0, "At night", -2500.0));
        assertEquals(0.5, score.value("mc2").asNumber().orElseThrow(), 1e-12);
    }

    @Test
    void aPrimerStandsBeforeEachQuestion() {
        Trial.write(folder, "truthfulqa/primer.txt", "Q: One?\nA: Two.\n");
        assertEquals(new Prompt.Text("Q: One?\nA: Two.\n\nQ: Do gulls talk?\nA:"),
            Trial.first(load(ROW, "primer=truthfulqa/primer.txt"), Setting.BARE).prompt());
    }

    @Test
    void rowsWithoutOneTrueAnswerAreRefusedWithTheirPlace() {
        assertRefusal("mc_task.json:1: mc1_targets has 2 true answers; expected one", ROW.replace("\"Yes\": 0, \"At night\": 0},\n",
            "\"Yes\": 1, \"At night\": 0},\n"));
        assertRefusal("mc_task.json:1: mc1_targets labels an answer 2; expected 1 (true) or 0", ROW.replaceFirst("\"Yes\": 0",
            "\"Yes\": 2"));
        assertRefusal("mc_task.json:1 has no mc2_targets", ROW.replace("mc2_targets", "mc3_targets"));
        assertRefusal("mc_task.json:1 has no question", ROW.replace("Do gulls talk?", " "));
    }

    private void assertRefusal(String message, String json) {
        var refusal = assertThrows(LeewayException.class, () -> load(json)).getMessage();
        assertTrue(refusal.contains(message), refusal);
    }
}
