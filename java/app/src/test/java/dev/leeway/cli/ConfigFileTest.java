package dev.leeway.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.io.JsonFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ConfigFileTest {

    @TempDir
    private Path folder;

    private Path yaml(String text) throws IOException {
        return Files.writeString(folder.resolve("run.yaml"), text);
    }

    @Test
    void aFileIsTheSameAsItsOptionsAndTheCommandLineOverridesIt() throws IOException {
        TinyModel.model(folder);
        var file = yaml("""
            # a run
            model_name_or_path: %1$s/model
            dataset_name:
              - %1$s/rows.jsonl
            columns: {prompt: prompt, completion: completion}
            use_peft: true
            lora_target_modules: [q_proj, v_proj]
            learning_rate: 2e-3
            max_steps: 40
            """.formatted(folder));
        Cli.succeed("sft", "--config", file, "--max_steps", 2, "--output_dir", folder.resolve("out"));
        var arguments = JsonFile.read(folder.resolve("out/training_args.json"));
        assertEquals(2, arguments.requireInt("max_steps"));
        assertEquals(2e-3, arguments.requireDouble("learning_rate"));
        assertEquals(2, Cli.metrics(folder.resolve("out")).size());
        Cli.succeed("sft", "--model_name_or_path", folder.resolve("model"), "--dataset_name", folder.resolve("rows.jsonl"), "--use_peft",
            "--lora_target_modules", "q_proj,v_proj", "--learning_rate", "2e-3", "--max_steps", 2, "--output_dir", folder.resolve("flags"));
        assertEquals(-1,
            Files.mismatch(folder.resolve("out/adapter_model.safetensors"), folder.resolve("flags/adapter_model.safetensors")));
    }

    @Test
    void everythingThatIsWrongIsReportedAtOnceWithItsLine() throws IOException {
        var file = yaml("""
            lora_aplha: 16

            max_steps: many
            warmup_ratio: 2
            lora_r: 8
            lora_r: 9
            output_dir:
            help: true
            """);
        var result = Cli.run("sft", "--config=" + file);
        assertEquals(2, result.code());
        assertTrue(result.err().startsWith("leeway sft: unknown key lora_aplha (line 1); did you mean lora_alpha? "), result.err());
        for (var sentence : new String[] {" more problems below:\n", "max_steps (line 3): 'many' is not an int",
            "warmup_ratio (line 4) must be from 0 to 1; got 2.0", "lora_r (line 6) is given more than once",
            "output_dir (line 7) has no value",
            "unknown key help (line 8)", "have no effect without --use_peft", "--model_name_or_path is missing"}) {
            assertTrue(result.err().contains(sentence), sentence + " in " + result.err());
        }
    }

    @Test
    void whatIsNotYamlIsReportedWithItsLine() throws IOException {
        var torn = Cli.run("sft", "--config", yaml("max_steps: 1\nlora_r: [1, 2\n"));
        assertEquals(2, torn.code());
        assertTrue(torn.err().contains("run.yaml:") && torn.err().contains("cannot be read"), torn.err());
        assertTrue(Cli.run("sft", "--config", yaml("- 1\n")).err().contains("must hold keys and values"));
        assertTrue(Cli.run("sft", "--config", folder.resolve("none.yaml")).err().contains("none.yaml cannot be read"));
        assertFalse(torn.err().contains("\tat "), torn.err());
    }
}
