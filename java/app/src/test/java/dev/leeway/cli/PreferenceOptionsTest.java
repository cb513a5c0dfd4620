package dev.leeway.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the options of preference training refuse, and what plan says of them. */
final class PreferenceOptionsTest {

    @TempDir
    private Path folder;

    private static void refused(Object[] command, String... sentences) {
        var result = Cli.run(command);
        assertEquals(2, result.code(), result.err());
        for (var sentence : sentences) {
            assertTrue(result.err().contains(sentence), sentence + " in\n" + result.err());
        }
    }

    @Test
    void everythingWrongWithDpoIsReportedAtOnce() {
        refused(new Object[] {"dpo", "--beta", 0, "--loss_type", "sigmoid,none", "--loss_weights", 1, "--label_smoothing", 0.5,
            "--ld_alpha", 2, "--f_divergence_type", "kl", "--f_alpha_divergence_coef", 1, "--discopop_tau", 0, "--truncation_mode", "keep",
            "--max_prompt_length", 0, "--lora_dropout", 0.1, "--use_peft", "--streaming", "--packing", "--completion_only_loss"},
            "--dataset_name is missing", "--beta must be positive; got 0.0", "loss_type none", "--loss_weights has 1 weights for 2 losses",
            "--label_smoothing must be at least 0 and below 0.5; got 0.5", "--ld_alpha must be from 0 to 1; got 2.0",
            "f_divergence_type kl",
            "--f_alpha_divergence_coef has no effect", "--discopop_tau must be positive", "--discopop_tau has no effect",
            "--truncation_mode must be keep_start or keep_end; got keep", "--max_prompt_length must be positive; got 0",
            "--lora_dropout 0.1 would be switched off", "--streaming reads single sequences", "--packing has no effect here",
            "--completion_only_loss, --assistant_only_loss and --mask_history have no effect here");
    }

    @Test
    void lossesThatDoNotGoTogetherAreRefused() {
        refused(new Object[] {"dpo", "--loss_type", "exo_pair"}, "exo_pair needs label_smoothing above 0");
        refused(new Object[] {"dpo", "--loss_type", "hinge", "--label_smoothing", 0.1}, "label_smoothing 0.1 has no part in loss_type");
        refused(new Object[] {"simpo", "--simpo_gamma", 1, "--gamma_beta_ratio", 1}, "exclude each other");
        refused(new Object[] {"simpo", "--loss_type", "sigmoid", "--simpo_gamma", 1}, "have no effect with --loss_type sigmoid");
        refused(new Object[] {"kto", "--per_device_train_batch_size", 1}, "a step of 1 row has no other row's answer");
        refused(new Object[] {"kto", "--loss_type", "dpo", "--desirable_weight", -1}, "loss_type dpo",
            "--desirable_weight must be at least 0");
        refused(new Object[] {"dpo", "--max_length", 64, "--max_prompt_length", 64}, "leaves nothing of --max_length 64 for an answer");
    }

    @Test
    void aPromptMayNotFillALengthThatIsNotGiven() throws IOException {
        var model = TinyModel.model(folder);
        for (var command : List.of("dpo", "kto")) {
            var rows = command.equals("dpo") ? TinyModel.pairs(folder) : TinyModel.labels(folder);
            refused(new Object[] {command, "--model_name_or_path", model, "--dataset_name", rows, "--output_dir", folder.resolve("out"),
                "--max_prompt_length", 64}, "--max_prompt_length 64 leaves nothing of --max_length 64 for an answer");
        }
    }

    @Test
    void aConfigFileIsHeldToTheSame() throws IOException {
        var file = Files.writeString(folder.resolve("run.yaml"), "beta: -1\nloss_type: [sigmoid, bogus]\nsimpo_gamma: 1\n");
        refused(new Object[] {"dpo", "--config", file}, "beta (line 1) must be positive", "loss_type bogus", "simpo_gamma");
    }

    @Test
    void planReadsTheConfigFileOfItsCommand() throws IOException {
        var model = TinyModel.model(folder);
        var file = Files.writeString(folder.resolve("run.yaml"), "beta: 0.5\nloss_type: [hinge]\nmodel_name_or_path: " + model
            + "\ndataset_name: " + TinyModel.pairs(folder) + "\n");
        assertTrue(Cli.succeed("plan", "dpo", "--config", file).out().contains("First micro-batch: 12 rows"));
        refused(new Object[] {"plan", "orpo", "--config", file}, "loss_type");
    }

    @Test
    void aReferenceIsNotWrittenOver() throws IOException {
        var model = TinyModel.model(folder);
        refused(new Object[] {"dpo", "--ref_model", model, "--output_dir", model, "--overwrite_output_dir"},
            "--output_dir must not be the model directory itself");
    }

    @Test
    void helpSaysWhatRowsAreAndWhatEveryOptionMeans() {
        for (var command : List.of("dpo", "ipo", "simpo", "orpo", "kto")) {
            var help = Cli.succeed(command, "--help").out().replaceAll("\\s+", " ");
            assertTrue(help.contains(command.equals("kto") ? "Rows have prompt, completion and label" : "Rows have chosen and rejected"),
                help);
            assertTrue(help.contains("1e-6 for all weights and 1e-5 for an adapter"), help);
            for (var option : Main.commands().getSubcommands().get(command).getCommandSpec().options()) {
                assertTrue(String.join("", option.description()).length() > 5, command + " " + option.longestName());
            }
        }
    }

    @Test
    void planKnowsTheCommandsAndTheirReference() throws IOException {
        var model = TinyModel.model(folder);
        var pairs = TinyModel.pairs(folder);
        var plan = new Object[] {"--model_name_or_path", model, "--dataset_name", pairs, "--per_device_train_batch_size", 2};
        var dpo = Cli.succeed(with("plan", "dpo", plan)).out();
        var simpo = Cli.succeed(with("plan", "simpo", plan)).out();
        assertTrue(dpo.contains(", reference ") && !simpo.contains(", reference "), dpo + simpo);
        var training = Stream.concat(Stream.of(with("", "dpo", plan)), Stream.of("--output_dir", folder.resolve("out"), "--max_steps", 1));
        var run = Cli.succeed(training.toArray()).err();
        assertEquals(run.replaceAll("(?s).*memory +([^\n]+)\n.*", "$1"), dpo.replaceAll("(?s).*memory +([^\n]+) = .*", "$1"));
        assertTrue(dpo.contains("First micro-batch: 4 rows"), dpo);
        var kto = Cli.succeed("plan", "kto", "--model_name_or_path", model, "--dataset_name", TinyModel.labels(folder)).out();
        assertTrue(kto.contains(", reference "), kto);
        var tokens = Pattern.compile("steps +3 .*\n +([\\d,]+) tokens a step on average, ([\\d,]+) tokens in the first step").matcher(kto);
        assertTrue(tokens.find(), kto);
        assertEquals(tokens.group(2), tokens.group(1), "an epoch of one step is its first step");
        var imagined = Cli.succeed("plan", "dpo", "--model_name_or_path", model, "--max_length", 32).out();
        assertTrue(imagined.contains("micro-batches of 8 rows of 2 × 32 tokens"), imagined);
    }

    private static Object[] with(String first, String second, Object[] more) {
        return Stream.concat(Stream.of(first, second).filter(word -> !word.isEmpty()), Stream.of(more)).toArray();
    }
}
