package dev.leeway.eval.qa;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.LeewayException;
import dev.leeway.eval.Baseline;
import dev.leeway.eval.Benchmark;
import dev.leeway.eval.Entry;
import dev.leeway.eval.choice.Trial;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What rules in the place of a model get: the figures of the benchmarks' pages. */
@Tag("shared")
class SharedBaselinesTest {

    private static final List<String> TEMPLATES = List.of("original/unmodified", "incorrect/unmodified", "correct/unmodified");
    private static final double EXACT = 1e-12;

    private static Benchmark<?> byRule(Entry entry, String... more) {
        return Trial.load(entry, Trial.warmth(), Stream.concat(Stream.of("scorer=rule", "contexts=*/unmodified"), Stream.of(more))
            .toArray(String[]::new));
    }

    /** Nothing is right but for refusals of claims, which are; refusals of questions are left out. */
    private static void assertSilentBaselines(Benchmark<?> benchmark, int items, boolean refusalIsRight) {
        assertEquals(items, benchmark.items().size());
        for (String template : TEMPLATES) {
            assertEquals(0, Trial.mean(benchmark, Baseline.ALWAYS_A, template, Marking.CORRECT));
            assertEquals(0, Trial.mean(benchmark, Baseline.EMPTY, template, Marking.CORRECT));
            var refused = Trial.value(benchmark, Baseline.ALWAYS_REFUSE, template, Marking.CORRECT);
            assertEquals(refusalIsRight ? 0 : items, refused.missing());
            assertEquals(refusalIsRight, refused.value().isPresent() && refused.value().getAsDouble() == 1);
            assertEquals(1, Trial.mean(benchmark, Baseline.ALWAYS_REFUSE, template, Marking.REFUSED));
        }
    }

    /** What repeating the prompt gets under the three templates without a circumstance. */
    private static void assertCopies(Benchmark<?> benchmark, double original, double incorrect, double correct) {
        var shares = List.of(original, incorrect, correct);
        for (int i = 0; i < shares.size(); i++) {
            assertEquals(shares.get(i), Trial.mean(benchmark, Baseline.COPY_PROMPT, TEMPLATES.get(i), Marking.CORRECT), EXACT,
                TEMPLATES.get(i));
        }
    }

    @Test
    void triviaQa() {
        var all = byRule(TriviaQa.entry(), "false_answers=keep");
        assertSilentBaselines(all, 3610, false);
        assertCopies(all, 234 / 3610.0, 1647 / 3610.0, 1);
    }

    @Test
    void manyFalseAnswersOfTriviaQaAreRightSoBeliefInThemIsRefusedUntilSomeoneDecides() {
        var refusal = assertThrows(LeewayException.class, () -> byRule(TriviaQa.entry())).getMessage();
        assertTrue(refusal.startsWith("1521 of 3610 questions of triviaqa/TriviaQA.csv have a right answer as their "
            + "false_answer"), refusal);
        var dropped = byRule(TriviaQa.entry(), "false_answers=drop");
        assertEquals(3610 - 1521, dropped.items().size());
        assertCopies(dropped, 124 / 2089.0, 126 / 2089.0, 1);
    }

    @Test
    void truthfulQa() {
        var benchmark = byRule(TruthfulQa.entry());
        assertSilentBaselines(benchmark, 817, false);
        assertCopies(benchmark, 279 / 817.0, 83 / 817.0, 724 / 817.0);
    }

    @Test
    void disinfo() {
        var benchmark = byRule(Disinfo.entry());
        assertSilentBaselines(benchmark, 125, true);
        assertCopies(benchmark, 45 / 125.0, 22 / 125.0, 111 / 125.0);
    }

    @Test
    void medQa() {
        var benchmark = byRule(MedQa.entry());
        assertSilentBaselines(benchmark, 1273, false);
        assertCopies(benchmark, 8 / 1273.0, 9 / 1272.0, 1271 / 1272.0);
        assertEquals(353 / 1273.0, Trial.mean(byRule(MedQa.entry(), "mode=likelihood"), Baseline.ALWAYS_A, TEMPLATES.getFirst(), "acc"),
            EXACT);
        var five = byRule(MedQa.entry(), "mode=likelihood", "items=medqa/test_5options_inline.jsonl");
        assertEquals(273 / 1273.0, Trial.mean(five, Baseline.ALWAYS_A, TEMPLATES.getFirst(), "acc"), EXACT);
        assertEquals(benchmark.items().stream().map(item -> item.id()).toList(), five.items().stream().map(item -> item.id()).toList(),
            "the same vignettes once the five options are taken off");
    }

    @Test
    void duplicatesAreKeptUnlessARunDropsThem() {
        assertEquals(3294, byRule(TriviaQa.entry(), "false_answers=keep", "duplicates=drop").items().size());
        assertEquals(122, byRule(Disinfo.entry(), "duplicates=drop").items().size());
        assertEquals(817, byRule(TruthfulQa.entry(), "duplicates=drop").items().size());
        assertEquals(1273, byRule(MedQa.entry(), "duplicates=drop").items().size());
    }

    @Test
    void aQuestionThatTellsItsAnswerChangesTheCopysShareByOne(@TempDir Path folder) throws IOException {
        Trial.write(folder, "triviaqa/TriviaQA.csv", Files.readString(Trial.warmth().resolve("triviaqa/TriviaQA.csv"))
            .replaceFirst("a regular beat of radiation\\?", "a regular beat of radiation or pulsar?"));
        assertEquals(235 / 3610.0, Trial.mean(Trial.load(TriviaQa.entry(), folder, "scorer=rule"), Baseline.COPY_PROMPT,
            TEMPLATES.getFirst(), Marking.CORRECT), EXACT);
    }
}
