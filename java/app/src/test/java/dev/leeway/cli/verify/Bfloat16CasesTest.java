package dev.leeway.cli.verify;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.io.JsonFile;
import dev.leeway.tensor.Device;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Models and adapters in bfloat16 against what transformers' own bfloat16 run is off, and that a mistake would be seen beside the noise. */
@Tag("shared")
final class Bfloat16CasesTest {

    private static final Path SHARED = Path.of(System.getProperty("leeway.shared"));

    private static List<Check> run(Path folder) {
        return run(CaseFinder.find(folder).getFirst());
    }

    private static List<Check> run(Case one) {
        try (var device = Device.cpu()) {
            return one.inBfloat16().run(device);
        }
    }

    @ParameterizedTest
    @CsvSource({"fixtures/models, 22", "fixtures/lora, 4"})
    void logitsLogProbsAndGradientsAreAtMostTwiceAsFarOffAsTransformersIs(String folder, int count) {
        var cases = CaseFinder.find(SHARED.resolve(folder)).stream().map(Case::inBfloat16).toList();
        assertEquals(count, cases.size());
        try (var device = Device.cpu()) {
            for (var one : cases) {
                var checks = one.run(device).stream().filter(check -> !check.what().equals("loss")).toList();
                assertTrue(checks.size() >= 2);
                checks.forEach(check -> assertTrue(check.passes(), one.path() + ": " + check));
            }
        }
    }

    /**
     * A loss is the mean of n log-probs. If their errors have standard deviation σ, the largest of some 40 is expected at 2.2 σ or more, so the
     * mean has a standard deviation of at most largest / (2.2 √n), and twice largest / √n is beyond four of them. What a single run of
     * transformers recorded for the loss itself is a chance cancellation: rounding the weights alone, with exact arithmetic behind it, moves
     * the loss of five of these models by 4 to 53 times that.
     */
    @ParameterizedTest
    @CsvSource({"models", "lora"})
    void theLossIsOffAsTheMeanOfItsLogProbsMayBe(String folder) {
        for (var one : CaseFinder.find(SHARED.resolve("fixtures").resolve(folder))) {
            var bfloat16 = assertInstanceOf(Bfloat16Case.class, one.inBfloat16());
            var meta = JsonFile.read(bfloat16.inputs().resolveSibling("meta.json"));
            double largest = meta.requireObject("stock_hf_bfloat16_deviation").requireDouble("logprob_max_abs");
            var loss = run(one).stream().filter(check -> check.what().equals("loss")).findFirst().orElseThrow();
            assertTrue(loss.error() <= 2 * largest / Math.sqrt(meta.requireInt("loss_tokens")), one.path() + ": " + loss);
        }
    }

    /** Mistakes that the noise of bfloat16 does not hide: a window, a cap, a rotation that is not that of the model. */
    @ParameterizedTest
    @CsvSource({"mistral-window, sliding_window, 24", "gemma2-window, final_logit_softcapping, 1000", "gemma3-window, rope_theta, 500",
        "llama-gqa, rope_theta, 20000"})
    void aConfigurationThatIsNotTheModelsFails(String name, String key, double value, @TempDir Path folder) throws IOException {
        copy(SHARED.resolve("fixtures/models").resolve(name), folder);
        assertTrue(logProbs(run(folder)).passes());
        var config = JsonFile.read(folder.resolve("config.json")).node();
        assertTrue(config.has(key) && config.get(key).doubleValue() != value);
        config.set(key, config.get(key).isInt() ? config.numberNode((int) value) : config.numberNode(value));
        Files.writeString(folder.resolve("config.json"), config.toString());
        assertTrue(!logProbs(run(folder)).passes(), logProbs(run(folder)).toString());
    }

    private static Check logProbs(List<Check> checks) {
        return checks.stream().filter(check -> check.what().equals("log-probs")).findFirst().orElseThrow();
    }

    @Test
    void aCaseThatRecordsNoDeviationIsNotChecked(@TempDir Path folder) throws IOException {
        copy(SHARED.resolve("fixtures/models/gemma-mqa"), folder);
        assertEquals("0: 1 passed, 0 failed, 0 not checked", VerifyCommandTest.run("--dtype", "bfloat16", folder.toString()));
        Files.delete(folder.resolve("meta.json"));
        assertEquals("1: 0 passed, 0 failed, 1 not checked", VerifyCommandTest.run("--dtype", "bfloat16", folder.toString()));
        var rewards = SHARED.resolve("fixtures/reward").toString();
        assertEquals("1: 0 passed, 0 failed, 1 not checked", VerifyCommandTest.run("--dtype", "bfloat16", rewards));
    }

    private static void copy(Path source, Path folder) throws IOException {
        for (var name : List.of("config.json", "model.safetensors", "inputs.json", "expected.safetensors", "meta.json")) {
            Files.copy(source.resolve(name), folder.resolve(name));
        }
    }
}
