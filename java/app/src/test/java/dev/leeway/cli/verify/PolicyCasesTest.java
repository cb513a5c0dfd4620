package dev.leeway.cli.verify;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/** Cases of sampled completions, small enough to be computed by hand. */
final class PolicyCasesTest {

    /** Two tokens with ratios 1.5 and 1 of a step of four tokens; ε = 0.2 and A = 1: −(1.2 + 1) / 4. */
    private static final String GRPO = """
        {"objective": "grpo", "params": {"loss_type": "dapo", "epsilon_low": 0.2, "epsilon_high": 0.2, "delta": null, "beta": 0.0,
         "num_items_in_batch": 4, "old_equals_policy": false},
         "inputs": {"policy_logps": [[-1, -1, 9]], "old_logps": [[-1.4054651081081644, -1, 9]], "mask": [[1, 1, 0]], "advantages": [1]},
         "expected": {"loss": -0.55, "grad_policy_logps": [[0, -0.25, 0]],
         "metrics": {"clip_ratio/high_mean": 0.5, "clip_ratio/low_min": 0}}}""";

    private static final String ADVANTAGES = """
        {"objective": "advantages", "params": {"group_size": 4, "std": "sample (n-1)", "eps": 0.0}, "inputs": {"rewards": [1, 0, 0, 2]},
         "expected": {"advantages": {"none": [0.25, -0.75, -0.75, 1.25]}}}""";

    private static final String GAE = """
        {"objective": "gae", "params": {"gamma": 1.0, "lambda": 0.95, "kl_coef": 0.0}, "inputs": {"logps": [[0, 0, 0, 7]],
         "ref_logps": [[0, 0, 0, 8]], "values": [[0.5, 0.4, 0.3, 0.2]], "scores": [1], "last_token_index": [2]},
         "expected": {"rewards": [[0, 0, 0, 1]], "returns": [[0.960975, 0.98525, 0.96, 1]]}}""";

    /** Ratio 1 with A = 2; a value of 0.5 for a return of 1, and one behind the last token that is right. */
    private static final String PPO = """
        {"objective": "ppo", "params": {"cliprange": 0.2, "cliprange_value": 0.2, "vf_coef": 0.1}, "inputs": {"policy_logps": [[-1, 5]],
         "old_logps": [[-1, 6]], "values": [[0.5, 3]], "old_values": [[0.5, 3]], "returns": [[1, 3]], "advantages": [[2, 9]],
         "mask": [[1, 0]], "value_mask": [[1, 1]]},
         "expected": {"loss": -1.99375, "policy_loss": -2, "value_loss": 0.0625, "grad_policy_logps": [[-2, 0]],
         "grad_values": [[-0.025, 0]], "metrics": {"clip_fraction": 0, "value_clip_fraction": 0}}}""";

    @TempDir
    Path folder;

    private String verify(String json) throws IOException {
        var file = folder.resolve("one.json");
        Files.writeString(file, json);
        return VerifyCommandTest.run(file.toString());
    }

    @ParameterizedTest
    @ValueSource(strings = {GRPO, ADVANTAGES, PPO})
    void aCaseByHandPasses(String json) throws IOException {
        assertEquals("0: 1 passed, 0 failed, 0 not checked", verify(json));
    }

    /** A_3 = 1 − 0.2, A_2 = 0.2 − 0.3 + 0.95 A_3, and so on; the returns add the values. */
    @Test
    void anEpisodeWithAValueBehindItsEndPasses() throws IOException {
        double a3 = 0.8;
        double a2 = 0.2 - 0.3 + 0.95 * a3;
        double a1 = 0.3 - 0.4 + 0.95 * a2;
        double a0 = 0.4 - 0.5 + 0.95 * a1;
        var returns = "[[%s, %s, %s, 1]]".formatted(a0 + 0.5, a1 + 0.4, a2 + 0.3);
        assertEquals("0: 1 passed, 0 failed, 0 not checked", verify(GAE.replaceAll("\"returns\": .*]]", "\"returns\": " + returns)));
        assertEquals("1: 0 passed, 1 failed, 0 not checked", verify(GAE.replaceAll("\"returns\": .*]]", "\"returns\": [[1, 1, 1, 1]]")));
    }

    @ParameterizedTest
    @CsvSource({"-0.55, -0.550000000001", "'-0.25, 0', '-0.25, 1e-12'", "'mean\": 0.5', 'mean\": 0.25'",
        "items_in_batch\": 4, items_in_batch\": 5"})
    void whatIsOffFails(String right, String wrong) throws IOException {
        assertTrue(GRPO.contains(right), right);
        assertEquals("1: 0 passed, 1 failed, 0 not checked", verify(GRPO.replace(right, wrong)));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "\"beta\": 0.0, | \"beta\": 0.0, \"gamma_of_rays\": 1, | params.gamma_of_rays is not known",
        "\"dapo\" | \"grpo2\" | loss_type grpo2 is not known; grpo, bnpo, dr_grpo, dapo, luspo, cispo, sapo, vespo exist",
        "\"old_equals_policy\": false | \"old_equals_policy\": true | inputs.old_logps must be policy_logps where",
        "\"advantages\": [1] | \"advantages\": [1, 2] | inputs.advantages must have one a row",
        "\"num_items_in_batch\": 4 | \"num_items_in_batch\": 0.5 | params.num_items_in_batch must be a number of tokens",
        "\"beta\": 0.0 | \"beta\": -1 | beta must be at least 0"})
    void whatIsNotUnderstoodIsRefusedInASentence(String part, String other, String sentence) throws IOException {
        assertTrue(GRPO.contains(part), part);
        Files.writeString(folder.resolve("one.json"), GRPO.replace(part, other));
        var out = new StringWriter();
        assertEquals(1, new CommandLine(new VerifyCommand()).setOut(new PrintWriter(out, true)).execute(folder.toString()));
        assertTrue(out.toString().contains(sentence), out.toString());
    }
}
