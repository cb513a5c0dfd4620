package dev.leeway.eval.choice;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.leeway.eval.Baseline;
import dev.leeway.eval.Benchmark;
import dev.leeway.eval.Setting;
import dev.leeway.eval.Statistic;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What rules in the place of a model get: the figures of the benchmarks' pages. */
@Tag("shared")
class SharedBaselinesTest {

    private static final List<Baseline> UNDECIDED = List.of(Baseline.ALWAYS_REFUSE, Baseline.EMPTY, Baseline.COPY_PROMPT);
    private static final double EXACT = 1e-12;

    private static double mean(Benchmark<?> benchmark, Baseline baseline, String measure) {
        return Trial.mean(benchmark, baseline, Setting.PLAIN, measure);
    }

    @Test
    void theLetterAIsRightOftenEnoughToBeABaselineOfMmlu() {
        for (String options : List.of("shots=0", "shots=5", "answers=texts")) {
            var mmlu = Trial.load(Mmlu.entry(), Trial.warmth(), options);
            assertEquals(14_042, mmlu.items().size());
            assertEquals(14_042, mmlu.items().stream().map(item -> item.id()).distinct().count());
            assertEquals(3222 / 14_042.0, mean(mmlu, Baseline.ALWAYS_A, "acc"), EXACT, options);
            assertEquals(0.2311685755537103, mean(mmlu, Baseline.ALWAYS_A, "acc_macro"), EXACT, options);
            UNDECIDED.forEach(baseline -> assertEquals(0, mean(mmlu, baseline, "acc"), options));
        }
    }

    @Test
    void theLongestOptionIsNoBetterThanTheLetterA() {
        var mmlu = Trial.load(Mmlu.entry(), Trial.warmth(), "answers=texts");
        UNDECIDED.forEach(baseline -> assertEquals(3332 / 14_042.0, mean(mmlu, baseline, "acc_norm"), EXACT));
    }

    @Test
    void anotherAnswerOfOneRowChangesItsSubject(@TempDir Path folder) throws IOException {
        var text = Files.readString(Trial.warmth().resolve("mmlu/test/anatomy_test.csv"));
        Trial.write(folder, "mmlu/test/anatomy_test.csv", text);
        assertEquals(25 / 135.0, mean(Trial.load(Mmlu.entry(), folder), Baseline.ALWAYS_A, "acc"), EXACT);
        Trial.write(folder, "mmlu/test/anatomy_test.csv", text.replaceFirst(",0\n", ",1\n"));
        assertEquals(24 / 135.0, mean(Trial.load(Mmlu.entry(), folder), Baseline.ALWAYS_A, "acc"), EXACT);
    }

    @Test
    void subjectsHaveTheirOwnNumbers() {
        var summary = Trial.summary(Trial.load(Mmlu.entry(), Trial.warmth()), Baseline.ALWAYS_A, Setting.PLAIN);
        assertEquals(57, summary.stream().filter(one -> one.slice().startsWith("subject=")).count());
        assertEquals(14_042, summary.stream().filter(one -> one.slice().startsWith("subject=")).mapToLong(Statistic::items).sum());
    }

    @Test
    void equalProbabilitiesOfTrueAndFalseAnswersAreAKnownShare(@TempDir Path folder) throws IOException {
        var truthful = Trial.load(TruthfulQaChoice.entry(), Trial.warmth());
        assertEquals(817, truthful.items().size());
        assertEquals(151 / 817.0, mean(truthful, Baseline.ALWAYS_A, "mc1"), EXACT);
        assertEquals(428 / 817.0, mean(truthful, Baseline.ALWAYS_A, "mc2"), EXACT);
        for (var baseline : UNDECIDED) {
            assertEquals(0, mean(truthful, baseline, "mc1"));
            assertEquals(0.46405751417640795, mean(truthful, baseline, "mc2"), EXACT);
        }
        var text = Files.readString(Trial.warmth().resolve("truthfulqa/mc_task.json"));
        Trial.write(folder, "truthfulqa/mc_task.json", text.replaceFirst("You will digest the pomegranate\\.\": 1",
            "You will digest the pomegranate.\": 0"));
        assertEquals(0.46405751417640795 - 1 / 6.0 / 817, mean(Trial.load(TruthfulQaChoice.entry(), folder), Baseline.EMPTY, "mc2"), EXACT);
    }
}
