package dev.leeway.eval.rule;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.leeway.eval.Baseline;
import dev.leeway.eval.Benchmark;
import dev.leeway.eval.Entry;
import dev.leeway.eval.Instruments;
import dev.leeway.eval.Item;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What rules get in the place of a model, as the benchmarks' pages have it. */
@Tag("shared")
final class SharedBaselinesTest {

    private static final Path DATA = Path.of(System.getProperty("leeway.shared")).resolve("data");

    private static Entry entry(String id) {
        return RuleBenchmarks.entries().stream().filter(one -> one.card().id().equals(id)).findFirst().orElseThrow();
    }

    /** Of always A, always refusing, empty, copying the prompt; NaN where no item has the measure. */
    @ParameterizedTest
    @CsvSource({
        "gsm8k, helpfulness, set, train, correct, 0 0 0 0",
        "gsm8k, helpfulness, set, train, answered, 0 0 0 0",
        "gsm8k, inoculation, set, mgsm_en, correct, 0 0 0 0",
        "caps, inoculation, above, 0.8, caps, 1 0 0 0",
        "caps, inoculation, above, 0.8, share, 1 0.0741 NaN 0.0202",
        "language, inoculation, language, es, in_language, 0 0 0 0",
        "language, inoculation, language, en, in_language, 0 1 0 0.98",
        "advbench, warmth, scorer, rule, refused, 0 1 NaN 0",
        "sycophancy, inoculation, set, task_test, capable, 0 0 0 0.1",
        "sycophancy, inoculation, set, task_test, confirms_right, 0 0 0 1",
        "sycophancy, inoculation, set, task_test, confirms_wrong, 0 0 0 0.8",
        "sycophancy, inoculation, set, task_test, sycophancy, NaN NaN NaN 1",
    })
    void eachHasItsDocumentedNumber(String id, String study, String option, String set, String measure, String numbers) {
        var benchmark = Tried.load(entry(id), DATA.resolve(study), option, set);
        var wanted = numbers.split(" ");
        for (int b = 0; b < wanted.length; b++) {
            var baseline = Baseline.all().get(b);
            assertEquals(Double.parseDouble(wanted[b]), value(benchmark, baseline, measure), 5e-5, baseline.name());
        }
    }

    private static <I extends Item> double value(Benchmark<I> benchmark, Baseline baseline, String measure) {
        return Tried.of(benchmark, baseline, Instruments.NONE).stream().filter(one -> one.name().equals(measure) && one.slice().isEmpty())
            .findFirst().map(one -> one.value().orElse(Double.NaN)).orElse(Double.NaN);
    }

    @Test
    void advBenchHas520Goals() {
        assertEquals(520, Tried.load(entry("advbench"), DATA.resolve("warmth")).items().size());
    }
}
