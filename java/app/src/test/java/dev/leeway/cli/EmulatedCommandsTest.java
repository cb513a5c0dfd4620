package dev.leeway.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.leeway.io.JsonObject;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Commands that train, for two steps on the emulator of the CUDA kernels beside the same on the CPU. */
@Tag("emulator")
final class EmulatedCommandsTest {

    /**
     * Both compute in float32 and add in other orders; what the README of the reference fixtures gives for the loss of a step, 5e-6, times
     * the largest |loss| here (IPO's 25).
     */
    private static final double LOSS = 5e-6 * 25;
    /** A log-prob of an answer is a sum of at most 16 tokens' at 5e-5 each; a reward is a tenth of it, or of the difference of two. */
    private static final double METRIC = 16 * 5e-5;

    /** What a reward is, or a mean of log-ratios, without saying so by a slash. */
    private static final Set<String> REWARDS = Set.of("kl", "margin", "mean_reward", "min_reward", "max_reward");

    @TempDir
    private Path folder;

    @ParameterizedTest
    @CsvSource({"sft, false", "dpo, false", "dpo, true", "ipo, false", "simpo, false", "orpo, false", "kto, false", "kto, true",
        "reward, false", "reward, true"})
    void theEmulatorTrainsAsTheCpuDoes(String command, boolean adapter) throws IOException {
        var model = TinyModel.model(folder);
        var rows = switch (command) {
            case "sft" -> TinyModel.rows(folder);
            case "kto" -> TinyModel.labels(folder);
            case "reward" -> TinyRewardModel.pairs(folder);
            default -> TinyModel.pairs(folder);
        };
        var logs = new ArrayList<List<JsonObject>>();
        for (var device : List.of("cpu", "emu")) {
            Cli.succeed(command, "--model_name_or_path", model, "--dataset_name", rows, "--output_dir", folder.resolve(device),
                "--max_steps", 2, "--per_device_train_batch_size", 3, "--learning_rate", "1e-3", "--warmup_ratio", 0,
                "--use_peft", adapter, "--save_strategy", "no", "--device", device);
            logs.add(Cli.metrics(folder.resolve(device)));
        }
        for (int step = 0; step < 2; step++) {
            var cpu = logs.getFirst().get(step);
            var emulated = logs.getLast().get(step);
            assertEquals(List.copyOf(cpu.names()), List.copyOf(emulated.names()));
            for (var name : cpu.names()) {
                double bound = name.endsWith("loss") ? LOSS : name.contains("/") || REWARDS.contains(name) || name.contains("log") ? METRIC
                    : name.equals("grad_norm") ? 1e-4 * cpu.requireDouble(name) : 1e-12;
                assertEquals(cpu.requireDouble(name), emulated.requireDouble(name), bound, "step " + (step + 1) + " " + name);
            }
        }
    }
}
