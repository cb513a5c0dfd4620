package dev.leeway.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class MergeCommandTest {

    @TempDir
    private Path folder;
    private Path model;
    private Path adapter;

    @BeforeEach
    void train() throws IOException {
        model = TinyModel.model(folder);
        adapter = folder.resolve("adapter");
        Cli.succeed("sft", "--model_name_or_path", model, "--dataset_name", folder.resolve("rows.jsonl"), "--output_dir", adapter,
            "--use_peft", "--lora_r", 4, "--max_steps", 20, "--learning_rate", "1e-2");
    }

    @Test
    void aMergedModelHasTheLossOfItsAdapterAndPrintsTheDifference() {
        var out = folder.resolve("merged");
        var result = Cli.succeed("merge", "--model_name_or_path", model, "--adapter", adapter, "--output_dir", out);
        assertTrue(result.out().matches("largest difference of logits on 4 probes: \\S+ \\(logits up to \\d+\\.\\d\\d\\)\n"),
            result.out());
        var rows = folder.resolve("rows.jsonl");
        double beside = TinyModel.loss(model, Optional.of(adapter), rows);
        // Merging rounds each weight once, 2^-24 of it; two layers and the softmax carry that on by a small factor.
        assertEquals(beside, TinyModel.loss(out, Optional.empty(), rows), beside * 1e-5);
        assertNotEquals(beside, TinyModel.loss(model, Optional.empty(), rows), beside * 1e-2, "the adapter has learned something");
        assertTrue(Files.exists(out.resolve("tokenizer.json")));
        assertFalse(Files.exists(folder.resolve(".merged.part")));
    }

    @Test
    void anAdapterThatKnowsItsBaseNeedsNoOtherName() {
        var out = folder.resolve("merged");
        Cli.succeed("merge", "--model_name_or_path", adapter, "--output_dir", out);
        assertTrue(Files.exists(out.resolve("model.safetensors")));
    }

    private Path embeddingAdapter(Path base) {
        var beside = folder.resolve("embedding-adapter");
        Cli.succeed("sft", "--model_name_or_path", base, "--dataset_name", folder.resolve("rows.jsonl"), "--output_dir", beside,
            "--use_peft", "--lora_r", 4, "--lora_target_modules", "embed_tokens,q_proj", "--max_steps", 20, "--learning_rate", "1e-2");
        return beside;
    }

    @Test
    void anAdapterOfTheEmbeddingsIsMergedIntoThem() {
        var base = folder.resolve("untied");
        var rows = folder.resolve("rows.jsonl");
        Cli.succeed("pretrain", "--dataset_name", rows, "--vocab_size", 300, "--hidden_size", 64, "--num_hidden_layers", 1,
            "--max_length", 64, "--output_dir", base, "--max_steps", 2, "--tie_word_embeddings", false);
        var beside = embeddingAdapter(base);
        var out = folder.resolve("new/parents/merged");
        Cli.succeed("merge", "--model_name_or_path", beside, "--output_dir", out);
        double loss = TinyModel.loss(base, Optional.of(beside), rows);
        // Each merged weight is rounded once, as above.
        assertEquals(loss, TinyModel.loss(out, Optional.empty(), rows), loss * 1e-5);
        assertNotEquals(loss, TinyModel.loss(base, Optional.empty(), rows), loss * 1e-3, "the adapter has learned something");
    }

    @Test
    void anAdapterOfEmbeddingsThatTheHeadSharesStaysBesideItsBase() {
        var refused = Cli.run("merge", "--model_name_or_path", embeddingAdapter(model), "--output_dir", folder.resolve("merged"));
        assertEquals(2, refused.code());
        assertTrue(refused.err().contains("embed_tokens, which this model ties to its head; merged, the head would change too"),
            refused.err());
        assertFalse(Files.exists(folder.resolve("merged")) || Files.exists(folder.resolve(".merged.part")));
    }

    @Test
    void nothingIsEverOverwritten() throws IOException {
        var result = Cli.run("merge", "--model_name_or_path", model, "--adapter", adapter, "--output_dir", model);
        assertEquals(2, result.code());
        assertTrue(result.err().contains("merge never overwrites"), result.err());
        var empty = Files.createDirectory(folder.resolve("empty"));
        Cli.succeed("merge", "--model_name_or_path", model, "--adapter", adapter, "--output_dir", empty);
        assertEquals(2, Cli.run("merge", "--model_name_or_path", model, "--adapter", adapter, "--output_dir", empty).code());
    }

    @Test
    void everythingThatIsMissingIsSaidAtOnce() {
        var result = Cli.run("merge");
        assertEquals(2, result.code());
        assertTrue(result.err().contains("--model_name_or_path") && result.err().contains("--output_dir"), result.err());
        var noAdapter = Cli.run("merge", "--model_name_or_path", model, "--output_dir", folder.resolve("x"));
        assertTrue(noAdapter.err().contains("--adapter is missing"), noAdapter.err());
    }
}
