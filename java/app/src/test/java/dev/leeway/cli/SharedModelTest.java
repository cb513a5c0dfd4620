package dev.leeway.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.io.JsonFile;
import dev.leeway.io.JsonObject;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A real model of 260,000 parameters, trained by others, and real data. */
@Tag("shared")
final class SharedModelTest {

    private static final Path SHARED = Path.of(System.getProperty("leeway.shared", "/leeway.shared-is-not-set"));
    private static final Path MODEL = SHARED.resolve("models/stories260k");

    @TempDir
    private Path folder;

    private static String greedy(String prompt, int tokens) {
        return Cli.succeed("generate", "--model_name_or_path", MODEL, "--prompt", prompt, "--max_new_tokens", tokens, "--temperature", 0)
            .out();
    }

    @Test
    void greedyTextIsThatOfOtherSoftware() {
        var expected = JsonFile.read(MODEL.resolve("expected.json"));
        var begin = expected.requireObject("bos_greedy");
        assertEquals(begin.requireString("text") + "\n", greedy("", begin.requireInts("ids").size() - 1));
        var prompts = expected.optionalObjects("prompts").orElseThrow();
        assertTrue(prompts.size() >= 3);
        for (JsonObject prompt : prompts) {
            int tokens = prompt.requireInts("output_ids").size() - prompt.requireInts("prompt_ids").size();
            assertEquals(prompt.requireString("output_text") + "\n", prompt.requireString("text") + greedy(prompt.requireString("text"),
                tokens));
        }
    }

    /** The mean over the last ten steps lies below that over the first ten, and the saved result has a lower loss than the model had. */
    @ParameterizedTest
    @CsvSource({"dolly/dolly_151_prompt_answer.jsonl, prompt, false, 5e-4", "dolly/dolly_151_prompt_answer.jsonl, prompt, true, 5e-3",
        "gsm8k/train.jsonl, question, false, 5e-4", "gsm8k/train.jsonl, question, true, 5e-3"})
    void trainingOnRealRowsLowersTheLoss(String file, String promptColumn, boolean adapter, String rate) throws IOException {
        var rows = SHARED.resolve("data/helpfulness").resolve(file);
        var out = folder.resolve("out");
        Cli.succeed("sft", "--model_name_or_path", MODEL, "--dataset_name", rows, "--columns",
            "prompt=" + promptColumn + ",completion=answer",
            "--output_dir", out, "--allow_truncation", "--max_steps", 60, "--learning_rate", rate, "--use_peft", adapter);
        var steps = Cli.metrics(out);
        double first = mean(steps.subList(0, 10));
        double last = mean(steps.subList(50, 60));
        System.out.printf("%s %s: loss %.4f in the first ten steps, %.4f in the last ten%n", file, adapter ? "LoRA" : "full", first, last);
        assertTrue(last < first - 0.1, first + " → " + last);
        var probe = java.nio.file.Files.writeString(folder.resolve("probe.jsonl"),
            "{\"prompt\": \"Tom has 3 apples and 2 pears.\", \"completion\": "
            + "\" He has 3 + 2 = 5 fruits.\"}\n");
        double before = TinyModel.loss(MODEL, Optional.empty(), probe);
        double after = adapter ? TinyModel.loss(MODEL, Optional.of(out), probe) : TinyModel.loss(out, Optional.empty(), probe);
        assertTrue(after < before, before + " → " + after);
    }

    private static double mean(List<JsonObject> steps) {
        double sum = steps.stream().mapToDouble(step -> step.requireDouble("loss") * step.requireDouble("num_trained_tokens")).sum();
        return sum / steps.stream().mapToDouble(step -> step.requireDouble("num_trained_tokens")).sum();
    }
}
