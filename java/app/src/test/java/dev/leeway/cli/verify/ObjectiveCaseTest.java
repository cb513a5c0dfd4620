package dev.leeway.cli.verify;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.LeewayException;
import dev.leeway.io.JsonFile;
import dev.leeway.tensor.Device;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A case of a loss is compared in every field, and a field that nobody reads is refused. */
final class ObjectiveCaseTest {

    @TempDir
    private Path folder;

    /** Two rows with one token and a masked one: log-ratios 1 and −0.5, so with β = 0.1 the loss is log(1 + e^(−0.15)). */
    private static final String DPO = """
        {"objective": "dpo", "params": {"beta": 0.1%s},
         "inputs": {"policy_logps": [[-2.0, 5.0], [-3.0, 7.0]], "ref_logps": [[-3.0, 9.0], [-2.5, 11.0]], "mask": [[1, 0], [1, 0]]%s},
         "expected": {"loss": %s, "grad_policy_logps": [[%s, 0.0], [%s, 0.0]], "metrics": {"rewards/margins": %s}%s}}""";

    private static final double LOSS = Math.log1p(Math.exp(-0.15));
    private static final double SLOPE = 0.1 / (1 + Math.exp(0.15));

    private List<Check> run(String text) throws IOException {
        var file = Files.writeString(folder.resolve("case.json"), text);
        try (var device = Device.open("cpu", 1)) {
            return ObjectiveCase.of(file, JsonFile.read(file)).run(device);
        }
    }

    private static String dpo(String params, String inputs, double loss, double margin, String expected) {
        return DPO.formatted(params, inputs, loss, -SLOPE, SLOPE, margin, expected);
    }

    @Test
    void aCaseThatHoldsPassesInEveryField() throws IOException {
        var checks = run(dpo("", "", LOSS, 0.15, ""));
        assertEquals(List.of("loss", "gradient", "rewards/margins"), checks.stream().map(Check::what).toList());
        assertTrue(checks.stream().allMatch(Check::passes), checks.toString());
    }

    @Test
    void aLossOrMetricThatIsOffByATrillionthsMultipleFails() throws IOException {
        assertEquals(List.of("loss"), failures(dpo("", "", LOSS * (1 + 3e-12), 0.15, "")));
        assertEquals(List.of("rewards/margins"), failures(dpo("", "", LOSS, 0.15 * (1 + 3e-12), "")));
    }

    private List<String> failures(String text) throws IOException {
        return run(text).stream().filter(check -> !check.passes()).map(Check::what).toList();
    }

    @ParameterizedTest
    @CsvSource(quoteCharacter = '\'', value = {
        "', \"margin_scale\": 2', '', '', 'params.margin_scale is not known'",
        "'', ', \"weights\": [1]', '', 'inputs.weights is not known'",
        "'', '', ', \"entropy\": 0.5', 'expected.entropy is not known'",
        "', \"loss_type\": \"sigmoids\"', '', '', 'loss_type sigmoids is not known'",
        "', \"use_weighting\": true', '', '', 'use_weighting reads whole distributions'",
        "', \"layout\": \"interleaved\"', '', '', 'params.layout must be'"})
    void whatNobodyReadsIsRefused(String params, String inputs, String expected, String sentence) {
        var refusal = assertThrows(LeewayException.class, () -> run(dpo(params, inputs, LOSS, 0.15, expected)));
        assertTrue(refusal.getMessage().contains(sentence), refusal.getMessage());
    }

    /** The same numbers: IPO's loss is (1 + 0.5 − 5)², CPO's is log(1 + e^(−0.1)) beside the likelihood 2, SimPO's log(1 + e^(−0.1)). */
    @Test
    void anObjectiveHasItsOwnLossWhereTheCaseNamesNone() throws IOException {
        var ipo = dpo("", "", 3.5 * 3.5, 0.15, "").replace("\"dpo\"", "\"ipo\"");
        assertEquals(List.of("gradient"), failures(ipo));
        var cpo = dpo("", "", Math.log1p(Math.exp(-0.1)) + 2, 0.1, "").replace("\"dpo\"", "\"cpo\"")
            .replace(" \"ref_logps\": [[-3.0, 9.0], [-2.5, 11.0]],", "");
        assertEquals(List.of("gradient"), failures(cpo));
        assertEquals(List.of("loss", "gradient"), failures(cpo.replace("\"cpo\"", "\"simpo\"")));
    }

    @Test
    void aMetricThatIsNotComputedFails() throws IOException {
        var text = dpo("", "", LOSS, 0.15, "").replace("rewards/margins\"", "rewards/median\"");
        assertEquals(List.of("rewards/median"), failures(text));
    }

    @Test
    void aRowTooFewIsRefused() {
        var refusal = assertThrows(LeewayException.class, () -> run(dpo("", "", LOSS, 0.15, "").replace(", [1, 0]]", "]")));
        assertTrue(refusal.getMessage().contains("inputs.mask must be 2 rows of 2, found 1 of 2"), refusal.getMessage());
    }
}
