package dev.leeway.cli.verify;

import static org.junit.jupiter.api.Assertions.assertEquals;
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

/** Models in bfloat16 against what transformers' own bfloat16 run is off, and that a mistake would be seen beside the noise. */
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

    @Test
    void everyReferenceModelIsAtMostTwiceAsFarOffAsTransformersIs() {
        var cases = CaseFinder.find(SHARED.resolve("fixtures/models")).stream().map(Case::inBfloat16).toList();
        assertEquals(22, cases.size());
        try (var device = Device.cpu()) {
            for (var one : cases) {
                var checks = one.run(device);
                assertTrue(checks.size() >= 3);
                checks.forEach(check -> assertTrue(check.passes(), one.path() + ": " + check));
            }
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
        for (var unrecorded : List.of("reward", "lora/lora-llama-all")) {
            var path = SHARED.resolve("fixtures").resolve(unrecorded).toString();
            assertEquals("1: 0 passed, 0 failed, 1 not checked", VerifyCommandTest.run("--dtype", "bfloat16", path));
        }
    }

    private static void copy(Path source, Path folder) throws IOException {
        for (var name : List.of("config.json", "model.safetensors", "inputs.json", "expected.safetensors", "meta.json")) {
            Files.copy(source.resolve(name), folder.resolve(name));
        }
    }
}
