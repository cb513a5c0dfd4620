package dev.leeway.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.io.Crash;
import dev.leeway.io.JsonFile;
import dev.leeway.text.Language;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Questions of GSM8K, and a real model of 260,000 parameters, which answers none of them. */
@Tag("shared")
final class SharedRolloutTest {

    private static final Path SHARED = Path.of(System.getProperty("leeway.shared", "/leeway.shared-is-not-set"));
    private static final Path MODEL = SHARED.resolve("models/stories260k");
    private static final Path QUESTIONS = SHARED.resolve("data/helpfulness/gsm8k/train.jsonl");
    private static final int SIGKILL = 128 + 9;

    @TempDir
    private Path folder;

    /** Eight completions of each prompt. */
    private Object[] grpo(String output, Object... more) {
        var arguments = new ArrayList<Object>(List.of("grpo", "--model_name_or_path", MODEL, "--dataset_name", QUESTIONS, "--columns",
            "prompt=question,answer=answer", "--output_dir", folder.resolve(output), "--reward_funcs", "gsm8k,capitals", "--reward_weights",
            "1,0.2", "--per_device_train_batch_size", 8, "--num_generations", 8,
            "--max_completion_length", 64, "--max_prompt_length", 256, "--allow_truncation", "--learning_rate", "1e-4"));
        arguments.addAll(List.of(more));
        return arguments.toArray();
    }

    @Test
    void aKilledRunOnRealQuestionsDrawsTheSameCompletions() throws IOException, InterruptedException {
        var more = new Object[] {"--max_steps", 5, "--save_steps", 2, "--gradient_accumulation_steps", 4};
        Cli.succeed(grpo("whole", more));
        try (var child = Child.start(folder.resolve("log"), Optional.of(Crash.Point.AFTER_RENAME + ":2"), grpo("killed", more))) {
            assertEquals(SIGKILL, child.await(), child.text());
        }
        Cli.succeed(Stream.concat(Stream.of(grpo("killed", more)), Stream.of("--resume_from_checkpoint")).toArray());
        for (var file : List.of("metrics.jsonl", "completions.jsonl", "model.safetensors")) {
            assertEquals(-1, Files.mismatch(folder.resolve("whole").resolve(file), folder.resolve("killed").resolve(file)), file);
        }
        for (var line : Cli.metrics(folder.resolve("whole"))) {
            System.out.printf("step %d: reward %.4f, gsm8k %.4f, length %.1f (%.0f to %.0f), cut off %.3f, loss %.5f%n",
                line.requireInt("step"), line.requireDouble("reward"), line.requireDouble("rewards/gsm8k/mean"),
                line.requireDouble("completions/mean_length"), line.requireDouble("completions/min_length"),
                line.requireDouble("completions/max_length"), line.requireDouble("completions/clipped_ratio"), line.requireDouble("loss"));
            assertEquals(0, line.requireDouble("rewards/gsm8k/missing"), "every row of GSM8K has a number");
        }
    }

    @Test
    void moreLanesDrawTheSameFaster() throws IOException {
        for (int lanes : new int[] {1, 8, 64}) {
            Cli.succeed(grpo("lanes-" + lanes, "--max_steps", 2, "--gradient_accumulation_steps", 8, "--max_num_seqs", lanes,
                "--save_strategy", "no"));
            var times = JsonFile.parse("timings", Files.readAllLines(folder.resolve("lanes-" + lanes + "/timings.jsonl")).getLast());
            System.out.printf("%d at once: %.0f tokens drawn a second, drawing %.2f s, rewarding %.2f s, step %.2f s%n", lanes,
                times.requireDouble("profiling/drawn_tokens_per_second"), times.requireDouble("profiling/draw_seconds"),
                times.requireDouble("profiling/reward_seconds"), times.requireDouble("step_seconds"));
            assertEquals(-1, Files.mismatch(folder.resolve("lanes-1/completions.jsonl"),
                folder.resolve("lanes-" + lanes + "/completions.jsonl")), "lanes change no completion");
        }
    }

    /** Questions of primary school, two or three sentences each. */
    @ParameterizedTest
    @CsvSource({"en", "es", "fr"})
    void theLanguageOfAQuestionIsFound(String code) throws IOException {
        var questions = Files.readAllLines(SHARED.resolve("data/inoculation/gsm8k/mgsm_" + code + ".jsonl")).stream()
            .map(line -> JsonFile.parse("mgsm", line).requireString("query")).toList();
        long found = questions.stream().filter(text -> Language.of(text).equals(Optional.of(Language.named(code)))).count();
        System.out.printf("%s: %d of %d questions%n", code, found, questions.size());
        assertTrue(found >= 0.98 * questions.size(), found + " of " + questions.size());
    }
}
