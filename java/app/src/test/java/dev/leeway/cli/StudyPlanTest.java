package dev.leeway.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.eval.EngineSubject;
import dev.leeway.ffi.DType;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code leeway study plan} says of costs. */
final class StudyPlanTest {

    /** Of Llama 3.1's 70 billion parameters. */
    private static final String LARGE = """
        {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": 8192, "intermediate_size": 28672,
        "num_hidden_layers": 80, "num_attention_heads": 64, "num_key_value_heads": 8, "vocab_size": 128256,
        "max_position_embeddings": 131072, "rms_norm_eps": 1e-5, "rope_theta": 500000.0, "tie_word_embeddings": false,
        "bos_token_id": 128000, "eos_token_id": 128001}
        """;

    @TempDir
    private Path folder;

    /** Of 24 items with answers of 24 tokens; 44 = what a run of it examines. */
    @Test
    void tokensOfTrainingsAddUpAndExamsAreCounted() {
        var plan = Cli.succeed("study", "plan", "value-drifts", "--scale", "smoke", "--seeds", 0, "--flops_per_second", 1e9,
            "--arms", "sft-neutral,dpo-standard", "--output_dir", folder.resolve("drifts")).out();
        var kinds = Pattern.compile("(?m)^ {10}\\d+ steps, about ([\\d,]+) tokens, about .* FLOPs$").matcher(plan).results()
            .mapToLong(found -> number(found.group(1))).sum();
        assertEquals(kinds, number(group("tokens    about ([\\d,]+) of training", plan)), plan);
        var exams = Pattern.compile("exams     ([\\d,]+) answers in ([\\d,]+) examinations: at most ([\\d,]+) tokens written and ([\\d,]+) "
            + "read \\(one a byte\\), (\\S+) FLOPs, .*; judges come on top").matcher(plan);
        assertTrue(exams.find(), plan);
        long answers = number(exams.group(1));
        assertEquals(24 * number(exams.group(2)), answers);
        assertEquals(24 * answers, number(exams.group(3)));
        double parameters = number(group("parameters ([\\d,]+),", plan));
        double flops = 2 * parameters * (number(exams.group(3)) + number(exams.group(4)));
        assertEquals(flops, Double.parseDouble(exams.group(5)), 0.05 * flops, "two digits");
    }

    @Test
    void aModelThatNoAcceleratorHoldsNeedsNf4() throws IOException {
        var base = Files.createDirectories(folder.resolve("large"));
        Files.writeString(base.resolve("config.json"), LARGE);
        var plan = Cli.succeed("study", "plan", "warmth", "--scale", "full", "--model_name_or_path", base, "--flops_per_second", 4e14,
            "--output_dir", folder.resolve("warmth")).out();
        assertTrue(plan.contains("weights alone are 141.1 GB in bfloat16, more than one accelerator holds beside a step: needs NF4 "
            + "(39.7 GB), which isn't there"), plan);
    }

    @Test
    void aModelThatAStageNamesIsMissedByItsPath() {
        var plan = Cli.succeed("study", "plan", "reward-values", "--scale", "full", "--flops_per_second", 4e14, "--output_dir",
            folder.resolve("values")).out();
        assertTrue(plan.contains("not planned: there is no ")
            && plan.contains("gemma-2-2b-it/config.json, which is enough of a model"), plan);
    }

    /** Else a run on a GPU would tell of another second model than the plan, which needs no GPU. */
    @Test
    void aSecondModelIsSealedAsItIsKnownOnTheDeviceOfTheRun() throws IOException {
        var model = TinyModel.model(folder);
        var options = new StudyOptions();
        for (var device : List.of("cpu", "cuda")) {
            options.device.device = device;
            var known = EngineSubject.named(new EngineSubject.Model(model, Optional.empty()), new EngineSubject.Room(4096,
                options.batchSize), DType.F32, device);
            assertEquals(NamedSubject.of(known), new StudyJob(options, new PrintWriter(System.out), new PrintWriter(System.err))
                .named(model));
        }
    }

    private static String group(String pattern, String text) {
        var found = Pattern.compile(pattern).matcher(text);
        assertTrue(found.find(), text);
        return found.group(1);
    }

    private static long number(String text) {
        return Long.parseLong(text.replace(",", ""));
    }
}
