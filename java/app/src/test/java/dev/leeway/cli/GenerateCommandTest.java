package dev.leeway.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.text.Tokenizer;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class GenerateCommandTest {

    @TempDir
    private Path folder;

    /** A model that has learned its rows by heart. */
    private Path learned() throws IOException {
        var model = TinyModel.model(folder);
        Cli.succeed("sft", "--model_name_or_path", model, "--dataset_name", folder.resolve("rows.jsonl"), "--output_dir",
            folder.resolve("learned"),
            "--max_steps", 120, "--learning_rate", "5e-3");
        return folder.resolve("learned");
    }

    @Test
    void onlyTheCompletionAndANewlineGoToStandardOutput() throws IOException {
        var result = Cli.succeed("generate", "--model_name_or_path", learned(), "--prompt", "number 3 is", "--max_new_tokens", 30);
        assertEquals(" followed by 4.\n", result.out());
        assertEquals("", result.err());
    }

    @Test
    void anEmptyPromptIsTheBeginOfSequenceToken() throws IOException {
        var result = Cli.succeed("generate", "--model_name_or_path", TinyModel.model(folder), "--prompt", "", "--max_new_tokens", 3);
        assertTrue(result.out().endsWith("\n"));
    }

    @Test
    void anAdapterWorksBesideItsBaseAndByItself() throws IOException {
        var model = TinyModel.model(folder);
        var adapter = folder.resolve("adapter");
        Cli.succeed("sft", "--model_name_or_path", model, "--dataset_name", folder.resolve("rows.jsonl"), "--output_dir", adapter,
            "--use_peft",
            "--max_steps", 100, "--learning_rate", "2e-2");
        var beside = Cli.succeed("generate", "--model_name_or_path", model, "--adapter", adapter, "--prompt", "number 3 is",
            "--max_new_tokens", 20);
        var alone = Cli.succeed("generate", "--model_name_or_path", adapter, "--prompt", "number 3 is", "--max_new_tokens", 20);
        var base = Cli.succeed("generate", "--model_name_or_path", model, "--prompt", "number 3 is", "--max_new_tokens", 20);
        assertEquals(beside.out(), alone.out());
        assertNotEquals(base.out(), alone.out());
    }

    @Test
    void theSeedDecidesWhatIsDrawn() throws IOException {
        var model = TinyModel.model(folder);
        var draws = new String[4];
        for (int i = 0; i < draws.length; i++) {
            draws[i] = Cli.succeed("generate", "--model_name_or_path", model, "--prompt", "number", "--temperature", 1, "--seed", i / 2,
                "--max_new_tokens", 20).out();
        }
        assertEquals(draws[0], draws[1]);
        assertEquals(draws[2], draws[3]);
        assertNotEquals(draws[0], draws[2]);
    }

    @Test
    void aCompletionThatFillsTheModelSaysSoOnStandardError() throws IOException {
        var result = Cli.succeed("generate", "--model_name_or_path", TinyModel.model(folder), "--prompt", "number", "--temperature", 1,
            "--max_new_tokens", 1000);
        assertTrue(result.err().isEmpty() || result.err().contains("because the model has 64 positions"), result.err());
    }

    @Test
    void promptAndCompletionReadAsOneText() throws IOException {
        try (var tokenizer = Tokenizer.load(TinyModel.model(folder))) {
            var text = "is “ñandú” ok? 日本";
            var ids = tokenizer.encode(text, true);
            for (int cut = 1; cut < ids.length; cut++) {
                var prompt = java.util.Arrays.copyOf(ids, cut);
                var rest = CompletionText.of(tokenizer, prompt, java.util.Arrays.copyOfRange(ids, cut, ids.length));
                var before = tokenizer.decode(prompt, true);
                // A prompt that ends inside a character shows U+FFFD there; the completion then doesn't repeat the character.
                assertEquals(text.substring(Math.min(text.length(), before.length())), rest, "cut at token " + cut);
            }
        }
    }
}
