package dev.leeway.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.io.AdapterConfig;
import dev.leeway.io.AdapterDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the options of training do to a run. */
final class TrainingOptionsTest {

    /** The same terms summed in another order: n &lt; 200 additions of positive terms in double, each with a relative error of 2⁻⁵³. */
    private static final double REORDERED = 200 * 0x1p-53 * 2;

    @TempDir
    private Path folder;

    @BeforeEach
    void makeModel() throws IOException {
        TinyModel.model(folder);
    }

    private Cli sft(String name, Object... more) {
        var arguments = new ArrayList<Object>(List.of("sft", "--model_name_or_path", folder.resolve("model"), "--dataset_name",
            folder.resolve("rows.jsonl"), "--output_dir", folder.resolve(name), "--learning_rate", "1e-3"));
        arguments.addAll(List.of(more));
        return Cli.succeed(arguments.toArray());
    }

    private List<Double> losses(String name) throws IOException {
        return Cli.metrics(folder.resolve(name)).stream().map(line -> line.requireDouble("loss")).toList();
    }

    private List<String> checkpoints(String name) throws IOException {
        try (var files = Files.list(folder.resolve(name))) {
            return files.map(file -> file.getFileName().toString()).filter(file -> file.startsWith("checkpoint-")).sorted().toList();
        }
    }

    private static double megabytes(String purpose, Cli run) {
        var found = Pattern.compile(purpose + " ([\\d.]+) MB").matcher(run.err());
        assertTrue(found.find(), run.err());
        return Double.parseDouble(found.group(1));
    }

    @Test
    void termsOfTheLossAddToIt() throws IOException {
        sft("plain", "--max_steps", 1);
        sft("smoothed", "--max_steps", 1, "--label_smoothing_factor", 0.1);
        sft("normalised", "--max_steps", 1, "--z_loss", 0.01);
        double plain = losses("plain").getFirst();
        // The model has learned nothing yet, so all tokens are about as probable as the target and log Z is that of 300 tokens.
        assertNotEquals(plain, losses("smoothed").getFirst());
        double added = losses("normalised").getFirst() - plain;
        assertTrue(added > 0.01 * Math.pow(Math.log(300) - 1, 2) && added < 0.01 * Math.pow(Math.log(300) + 1, 2), "z·lse² = " + added);
    }

    @Test
    void noiseOnEmbeddingsAndDropoutOfTheAdapterAreFunctionsOfTheSeed() throws IOException {
        sft("plain", "--max_steps", 2);
        sft("noisy", "--max_steps", 2, "--neftune_noise_alpha", 5);
        sft("again", "--max_steps", 2, "--neftune_noise_alpha", 5);
        assertNotEquals(losses("plain"), losses("noisy"));
        assertEquals(losses("noisy"), losses("again"));
        var adapter = new Object[] {"--max_steps", 3, "--use_peft", "--lora_r", 4};
        sft("adapter", adapter);
        var dropped = sft("dropped", Stream.concat(Stream.of(adapter), Stream.of("--lora_dropout", 0.3)).toArray());
        assertTrue(dropped.err().contains("(LoRA r 4, alpha 32, dropout 0.3)"), dropped.err());
        assertEquals(losses("adapter").getFirst(), losses("dropped").getFirst(), "B is 0 at first");
        assertNotEquals(losses("adapter"), losses("dropped"));
        assertEquals(0.3, AdapterConfig.read(folder.resolve("dropped").resolve(AdapterDirectory.CONFIG)).loraDropout());
    }

    @Test
    void recomputationTakesLessMemoryAndGivesTheSameBits() throws IOException {
        var kept = sft("kept", "--max_steps", 3);
        var computed = sft("computed", "--max_steps", 3, "--gradient_checkpointing");
        assertTrue(megabytes("activations", computed) < megabytes("activations", kept), computed.err());
        assertEquals(-1, Files.mismatch(folder.resolve("kept/model.safetensors"), folder.resolve("computed/model.safetensors")));
    }

    @Test
    void modulesAreTrainedAsAWholeBesideTheAdapter() throws IOException {
        Cli.succeed("pretrain", "--dataset_name", folder.resolve("rows.jsonl"), "--vocab_size", 300, "--hidden_size", 64,
            "--num_hidden_layers", 1, "--max_length", 64, "--output_dir", folder.resolve("untied"), "--max_steps", 1,
            "--tie_word_embeddings", false);
        var out = folder.resolve("adapter");
        var run = Cli.succeed("sft", "--model_name_or_path", folder.resolve("untied"), "--dataset_name", folder.resolve("rows.jsonl"),
            "--output_dir", out, "--max_steps", 2, "--use_peft", "--modules_to_save", "lm_head,embed_tokens");
        assertTrue(run.err().contains("and all of lm_head, embed_tokens"), run.err());
        assertEquals(List.of("lm_head", "embed_tokens"), AdapterConfig.read(out.resolve(AdapterDirectory.CONFIG)).modulesToSave());
        Cli.succeed("generate", "--model_name_or_path", out, "--prompt", "number", "--max_new_tokens", 1);
        var tied = Cli.run("sft", "--model_name_or_path", folder.resolve("model"), "--dataset_name", folder.resolve("rows.jsonl"),
            "--output_dir", folder.resolve("tied"), "--max_steps", 2, "--use_peft", "--modules_to_save", "lm_head");
        assertEquals(2, tied.code());
        assertTrue(tied.err().contains("modules_to_save names lm_head"), tied.err());
    }

    @Test
    void packedRowsHaveTheLossThatTheyHaveUnpacked() throws IOException {
        sft("unpacked", "--max_steps", 1, "--per_device_train_batch_size", TinyModel.ROWS);
        var packed = sft("packed", "--max_steps", 1, "--packing", "--max_length", 60);
        var line = Pattern.compile("packing +6 rows in (\\d) bins of 60 tokens").matcher(packed.err());
        assertTrue(line.find() && Integer.parseInt(line.group(1)) < TinyModel.ROWS, packed.err());
        double expected = losses("unpacked").getFirst();
        assertEquals(expected, losses("packed").getFirst(), expected * REORDERED);
        assertTrue(packed.err().contains("; 1 an epoch"), "the bins are fewer than a batch has rows: " + packed.err());
    }

    @Test
    void checkpointsComeBehindEpochsOrSharesOfTheRun() throws IOException {
        sft("epochs", "--per_device_train_batch_size", 2, "--num_train_epochs", 2, "--save_strategy", "epoch");
        assertEquals(List.of("checkpoint-3", "checkpoint-6"), checkpoints("epochs"));
        sft("shares", "--max_steps", 5, "--save_steps", 0.3);
        assertEquals(List.of("checkpoint-2", "checkpoint-4", "checkpoint-5"), checkpoints("shares"), "0.3 of 5 steps, rounded up");
        var none = Cli.run("sft", "--save_strategy", "epoch", "--save_steps", 2, "--save_total_limit", 1);
        assertTrue(none.err().contains("--save_steps has no effect with --save_strategy epoch"), none.err());
        assertTrue(none.err().contains("--save_total_limit must be at least 2"), none.err());
        assertTrue(Cli.run("sft", "--save_steps", 1.5).err().contains("--save_steps must be a whole number of steps, or a share"));
    }

    @Test
    void whatIsNotThereYetIsAnUnknownOption() {
        var result = Cli.run("sft", "--fp16");
        assertEquals(2, result.code());
        assertTrue(result.err().contains("unknown option --fp16"), result.err());
        assertFalse(Files.exists(folder.resolve("out")));
    }
}
