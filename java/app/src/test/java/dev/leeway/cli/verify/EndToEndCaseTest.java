package dev.leeway.cli.verify;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.LeewayException;
import dev.leeway.LeewayException.Kind;
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

/** Every parameter of an objective through a model counts, and one that nobody reads is refused by its name. */
@Tag("shared")
final class EndToEndCaseTest {

    private static final Path CASES = Path.of(System.getProperty("leeway.shared")).resolve("fixtures/e2e");

    @TempDir
    private Path folder;

    /** A case with something of its text replaced. */
    private List<Check> run(String name, String text, String replacement) throws IOException {
        var source = CASES.resolve(name);
        for (var file : new String[] {"adapter_config.json", "adapter_model.safetensors", "expected.safetensors"}) {
            Files.copy(source.resolve(file), folder.resolve(file));
        }
        var original = Files.readString(source.resolve("case.json"));
        assertTrue(original.contains(text), text);
        var base = source.resolve("../../models").normalize().toString();
        Files.writeString(folder.resolve("case.json"), original.replace(text, replacement).replace("../../models", base));
        try (var device = Device.open("cpu", 2)) {
            return new EndToEndCase(folder, JsonFile.read(folder.resolve("case.json"))).run(device);
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "e2e-dpo | \"beta\": 0.1 | \"beta\": 0.11",
        "e2e-dpo | \"beta\": 0.1 | \"beta\": 0.1, \"label_smoothing\": 0.01",
        "e2e-dpo | \"beta\": 0.1 | \"beta\": 0.1, \"loss_type\": \"hinge\"",
        "e2e-simpo | \"gamma\": 1.0 | \"gamma\": 0.9",
        "e2e-orpo | \"lambda\": 0.1 | \"lambda\": 0.12",
        "e2e-kto | \"beta\": 0.1 | \"beta\": 0.1, \"desirable_weight\": 1.1",
        "e2e-grpo | \"temperature\": 1.0 | \"temperature\": 0.9",
        "e2e-grpo | \"epsilon_high\": 0.28 | \"epsilon_high\": 0.2",
        "e2e-grpo | \"num_items_in_batch\": 33 | \"num_items_in_batch\": 34",
        "e2e-grpo | \"beta\": 0.04 | \"beta\": 0.0"})
    void anotherParameterFailsTheNumbers(String name, String text, String replacement) throws IOException {
        assertFalse(run(name, text, replacement).stream().allMatch(Check::passes));
    }

    @Test
    void anUntouchedCasePasses() throws IOException {
        var checks = run("e2e-kto", "\"beta\": 0.1", "\"beta\": 0.1");
        assertTrue(checks.stream().allMatch(Check::passes));
        assertTrue(checks.stream().map(Check::what).toList().containsAll(List.of("kl", "loss", "kl_ref_logps", "number of gradients")));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "e2e-dpo | \"beta\": 0.1 | \"beta\": 0.1, \"betta\": 1 | betta",
        "e2e-dpo | \"layout\": \"rows 0..2 | \"layout\": \"rows 0..3 | layout",
        "e2e-dpo | \"reference\": \"base | \"reference\": \"a better base | reference",
        "e2e-kto | \"label\" | \"weights\": [1], \"label\" | weights",
        "e2e-simpo | \"source\" | \"sauce\" | sauce"})
    void whatNobodyReadsIsRefusedByItsName(String name, String text, String replacement, String named) {
        var refused = assertThrows(LeewayException.class, () -> run(name, text, replacement));
        assertTrue(refused.kind() == Kind.DATA && refused.getMessage().contains(named), refused.getMessage());
    }
}
