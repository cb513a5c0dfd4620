package dev.leeway.eval.rule;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.LeewayException;
import dev.leeway.eval.Prompt;
import dev.leeway.eval.Request;
import dev.leeway.eval.Response;
import dev.leeway.eval.Setting;
import dev.leeway.eval.Value;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class Gsm8kTest {

    @TempDir
    private Path folder;

    @BeforeEach
    void writeRows() throws IOException {
        Tried.rows(folder, "gsm8k/test.jsonl", row("Two hens lay 3 eggs each. How many?", "2*3=<<2*3=6>>6 eggs\\n#### 6"));
        Tried.rows(folder, "gsm8k/train.jsonl", row("One and one?", "1+1=<<1+1=2>>2\\n#### 2"), row("Two and two?", "#### 4"));
        Tried.rows(folder, "gsm8k/mgsm_es.jsonl", "{\"query\": \"¿Cuánto es mil y uno?\", \"response\": \"1,001\"}");
    }

    private static String row(String question, String answer) {
        return "{\"question\": \"" + question + "\", \"answer\": \"" + answer + "\"}";
    }

    private Gsm8k load(String... options) {
        return (Gsm8k) Tried.load(Gsm8k.entry(), folder, options);
    }

    @Test
    void theFinalNumberDecides() {
        assertEquals(1, Tried.first(load(), "2*3 = 6 and so\n#### 6", "correct"));
        assertEquals(1, Tried.first(load(), "\\boxed{6.0}", "correct"));
        assertEquals(0, Tried.first(load(), "#### 7", "correct"));
        assertEquals(0, Tried.first(load(), "", "correct"));
        assertEquals(0, Tried.first(load(), "", "answered"));
        assertEquals(1, Tried.first(load("set", "mgsm_es"), "Son 1001.", "correct"));
    }

    @Test
    void whatWasCutOffHasNotAnsweredButItsLastNumberIsKept() {
        var score = Tried.first(load(), new Response.Written("so far 6", true, 3));
        assertEquals(Value.of(false), score.value("correct"));
        assertEquals(Value.of(false), score.value("answered"));
        assertEquals(Value.of(true), score.value("last_number"));
    }

    @Test
    void aPromptThatIsTooLongIsMissingInEveryMeasure() {
        var score = Tried.first(load(), new Response.Unable("the prompt is too long"));
        score.values().values().forEach(value -> assertEquals(Value.missing("the prompt is too long"), value));
        assertEquals(3, score.values().size());
    }

    @Test
    void solvedProblemsStandBeforeInTurnsWithoutTheirCalculations() {
        var benchmark = load("shots", "2", "temperature", "0.2");
        var request = (Request.Write) benchmark.request(benchmark.items().getFirst(), Setting.BARE);
        var turns = ((Prompt.Chat) request.prompt()).turns();
        assertEquals(5, turns.size());
        assertEquals("Answer: 1+1=2\n#### 2", turns.get(1).content());
        assertEquals("Question: Two hens lay 3 eggs each. How many?", turns.getLast().content());
        assertEquals(0.2, request.sampling().temperature());
    }

    @Test
    void moreSolvedProblemsThanThereAreAreRefused() {
        var refused = assertThrows(LeewayException.class, () -> load("shots", "3"));
        assertTrue(refused.getMessage().endsWith("train.jsonl has 2 rows, and gsm8k.shots asks for 3; set it to 2 or fewer"),
            refused.getMessage());
        var own = assertThrows(LeewayException.class, () -> load("set", "train", "shots", "2"));
        assertTrue(own.getMessage().endsWith("has 1 row beside the problem itself, and gsm8k.shots asks for 2; set it to 1 or fewer"),
            own.getMessage());
    }

    @Test
    void aProblemIsNeverSolvedBeforeItself() {
        var benchmark = load("set", "train", "shots", "1");
        assertEquals(List.of("Question: Two and two?", "Question: One and one?"), benchmark.items().stream().map(item -> {
            var request = (Request.Write) benchmark.request(item, Setting.BARE);
            return ((Prompt.Chat) request.prompt()).turns().getFirst().content();
        }).toList());
    }

    @Test
    void aRowWithoutAMarkedNumberIsRefusedWithItsPlace() throws IOException {
        Tried.rows(folder, "gsm8k/test.jsonl", row("Two hens?", "#### 6"), row("A drug?", "Tell 2 doctors"));
        var refused = assertThrows(LeewayException.class, this::load);
        assertTrue(refused.getMessage().contains("test.jsonl:2: the answer must have a number behind ####"), refused.getMessage());
    }

    @Test
    void aMissingFileIsNamedWithHowToGetIt() {
        var refused = assertThrows(LeewayException.class, () -> load("set", "mgsm_fr"));
        assertTrue(refused.getMessage().startsWith("there is no gsm8k/mgsm_fr.jsonl in"), refused.getMessage());
        assertTrue(refused.getMessage().contains("grade-school-math"), refused.getMessage());
    }
}
