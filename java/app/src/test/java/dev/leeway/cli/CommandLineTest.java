package dev.leeway.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class CommandLineTest {

    @TempDir
    private Path folder;

    private static void refused(int code, String sentence, Object... arguments) {
        var result = Cli.run(arguments);
        assertEquals(code, result.code(), result.err());
        assertTrue(result.err().contains(sentence), result.err());
        assertEquals("", result.out());
        assertFalse(result.err().contains("\tat "), "no stack trace: " + result.err());
    }

    @Test
    void helpAndVersionGoToStandardOutput() {
        assertTrue(Cli.succeed("--help").out().contains("quickstart"));
        assertTrue(Cli.succeed("--version").out().startsWith("leeway "));
        assertTrue(Cli.succeed("sft", "--help").out().contains("--gradient_accumulation_steps"));
        assertTrue(Cli.succeed("help", "generate").out().contains("--max_new_tokens"));
    }

    @Test
    void noCommandIsAUsageErrorThatListsThem() {
        refused(2, "pretrain");
    }

    @Test
    void anUnknownCommandGetsTheNearestName() {
        refused(2, "unexpected argument gnerate; did you mean \"generate\"?", "gnerate");
    }

    @Test
    void allBadArgumentsAreReportedAtOnceWithTheNearestNames() {
        var result = Cli.run("sft", "--lora_aplha", "8", "--max_steps", "many", "--nonsense_without_a_neighbour=1");
        assertEquals(2, result.code());
        assertTrue(result.err().startsWith("leeway sft: "), result.err());
        assertTrue(result.err().contains("unknown option --lora_aplha; did you mean \"--lora_alpha\"?"), result.err());
        assertTrue(result.err().contains("--model_name_or_path is missing"), result.err());
        assertTrue(result.err().contains("--max_steps: 'many' is not an int"), result.err());
        assertTrue(result.err().contains("unknown option --nonsense_without_a_neighbour"), result.err());
    }

    @Test
    void anOptionThatIsGivenTwiceIsRefused() {
        var result = Cli.run("sft", "--learning_rate", "1e-3", "--weight_decay", "1", "--learning_rate=1e-4", "--use_peft", "--use_lora");
        assertEquals(2, result.code());
        assertTrue(result.err().contains("--learning_rate is given more than once"), result.err());
        assertTrue(result.err().contains("--use_peft is given more than once"), result.err());
    }

    @Test
    void whatIsMissingOrOutOfRangeIsReportedAtOnce() {
        var result = Cli.run("sft", "--warmup_ratio", "2", "--lora_r", "8", "--lr_scheduler_type", "cosin");
        assertEquals(2, result.code());
        for (var sentence : new String[] {"--model_name_or_path is missing", "--dataset_name is missing", "--output_dir is missing",
            "--warmup_ratio must be from 0 to 1; got 2.0", "have no effect without --use_peft",
            "lr_scheduler_type must be one of constant"}) {
            assertTrue(result.err().contains(sentence), sentence + " in " + result.err());
        }
    }

    @Test
    void greedyDecodingRefusesOptionsItWouldIgnore() {
        refused(2, "have no effect at --temperature 0", "generate", "--model_name_or_path", folder, "--prompt", "a", "--top_k", 5);
    }

    @Test
    void argumentsThatTheLocaleGarbledAreRefused() {
        refused(2, "set LC_ALL=C.UTF-8", "generate", "--model_name_or_path", folder, "--prompt", "caf\uFFFD");
    }

    @Test
    void aMissingModelIsADataError() {
        refused(3, "a Hugging Face model directory with config.json", "generate", "--model_name_or_path", folder.resolve("none"),
            "--prompt", "a");
        refused(3, "has no config.json", "generate", "--model_name_or_path", folder, "--prompt", "a");
    }

    @Test
    void aMalformedRowIsADataErrorWithItsLine() throws IOException {
        var model = TinyModel.model(folder);
        var rows = Files.writeString(folder.resolve("bad.jsonl"), "{\"text\": \"good\"}\n{\"text\": \n");
        refused(3, "bad.jsonl:2", "sft", "--model_name_or_path", model, "--dataset_name", rows, "--output_dir", folder.resolve("out"));
    }

    @Test
    void aTokenThatTheModelHasNoEmbeddingForIsADataError() throws IOException {
        var model = TinyModel.model(folder);
        var rows = folder.resolve("rows.jsonl");
        var small = folder.resolve("small");
        Files.createDirectories(small);
        Files.writeString(small.resolve("config.json"), Files.readString(model.resolve("config.json"))
            .replaceFirst("\"vocab_size\": \\d+", "\"vocab_size\": 64"));
        refused(3, "vocab_size 64; tokenizer and model do not belong together", "pretrain", "--config_name_or_path", small,
            "--tokenizer_name", model,
            "--dataset_name", rows, "--output_dir", folder.resolve("out"));
    }

    @Test
    void aFolderOfSomebodyElseIsNotWrittenInto() throws IOException {
        var model = TinyModel.model(folder);
        var rows = folder.resolve("rows.jsonl");
        refused(2, "has files that leeway did not write", "sft", "--model_name_or_path", model, "--dataset_name", rows, "--output_dir",
            folder);
        refused(2, "must not be the model directory itself", "sft", "--model_name_or_path", model, "--dataset_name", rows, "--output_dir",
            model);
        refused(2, "has files that leeway did not write", "quickstart", "--output_dir", folder);
        refused(2, "is the result of another command", "quickstart", "--output_dir", model);
    }

    @Test
    void anUnknownDeviceIsAUsageError() throws IOException {
        var model = TinyModel.model(folder);
        refused(2, "--device must be one of cpu, cuda, emu; got tpu", "generate", "--model_name_or_path", model, "--prompt", "a",
            "--device", "tpu");
        refused(2, "--kernels must be one of own, vendor; got fast", "generate", "--model_name_or_path", model, "--prompt", "a",
            "--kernels", "fast");
        refused(2, "--kernels vendor needs --device cuda", "generate", "--model_name_or_path", model, "--prompt", "a", "--kernels",
            "vendor");
    }

    @Test
    void whatNobodyForesawIsAnInternalErrorWithItsStack() {
        var err = new java.io.StringWriter();
        var line = Main.commands().setErr(new java.io.PrintWriter(err));
        assertEquals(1, Failures.report(new IllegalStateException("boom"), line, ConfigFile.expand(new String[0], line)));
        assertTrue(err.toString().contains("internal error") && err.toString().contains("boom") && err.toString().contains("\tat "),
            err.toString());
    }

    @Test
    void aFullHeapIsAResourceError() {
        var line = Main.commands().setErr(new java.io.PrintWriter(new java.io.StringWriter()));
        assertEquals(5, Failures.report(new OutOfMemoryError("Java heap space"), line, ConfigFile.expand(new String[0], line)));
    }
}
