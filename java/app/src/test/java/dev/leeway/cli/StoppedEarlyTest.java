package dev.leeway.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.io.JsonFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs that end because an evaluation says so. No loss falls by a threshold of 100, so the step of the end is known. */
final class StoppedEarlyTest {

    @TempDir
    private Path folder;
    private Path rows;

    @BeforeEach
    void makeModel() throws IOException {
        TinyModel.model(folder);
        rows = folder.resolve("rows.jsonl");
    }

    private Object[] sft(String output, Object... more) {
        var arguments = new ArrayList<Object>(List.of("sft", "--model_name_or_path", folder.resolve("model"), "--dataset_name", rows,
            "--output_dir", folder.resolve(output), "--max_steps", 9, "--save_steps", 1, "--learning_rate", "1e-3",
            "--early_stopping_threshold", 100));
        arguments.addAll(List.of(more));
        return arguments.toArray();
    }

    private Object[] patient(String output, int patience, Object... more) {
        var all = new ArrayList<Object>(List.of("--eval_dataset_name", rows, "--eval_steps", 1, "--early_stopping_patience", patience));
        all.addAll(List.of(more));
        return sft(output, all.toArray());
    }

    private void requireSame(String file, String one, String other) throws IOException {
        assertArrayEquals(Files.readAllBytes(folder.resolve(one).resolve(file)), Files.readAllBytes(folder.resolve(other).resolve(file)));
    }

    @Test
    void aRunThatGetsNoBetterEndsWithAResultThatSaysWhy() throws IOException {
        var run = Cli.succeed(patient("out", 2));
        assertTrue(run.err().contains("every 1 steps; the run ends behind 2 that are no better"), run.err());
        assertTrue(run.err().contains("ended behind step 3 of 9: eval_loss got no better by more than 100.0 in 2 evaluations; its best"),
            run.err());
        var results = JsonFile.read(folder.resolve("out").resolve(OutputFolder.RESULTS_FILE));
        assertEquals(3, results.requireInt("global_step"));
        assertEquals(9, results.requireInt("max_steps"));
        assertTrue(results.requireString("ended_because").startsWith("eval_loss got no better"), results.node()::toString);
        assertTrue(Files.exists(folder.resolve("out/model.safetensors")));
        Cli.succeed(sft("whole", "--eval_dataset_name", rows, "--eval_steps", 1, "--early_stopping_patience", 9));
        assertFalse(JsonFile.read(folder.resolve("whole").resolve(OutputFolder.RESULTS_FILE)).has("ended_because"));
    }

    /** Also from the checkpoint behind its last step: there it was killed before it left a result. */
    @Test
    void aRunThatGoesOnCountsAsIfNothingHadHappened() throws IOException {
        Cli.succeed(patient("out", 2));
        for (var name : List.of("model.safetensors", "metrics.jsonl", OutputFolder.RESULTS_FILE)) {
            Files.createDirectories(folder.resolve("kept"));
            Files.copy(folder.resolve("out").resolve(name), folder.resolve("kept").resolve(name));
        }
        for (int step = 1; step <= 3; step++) {
            var resumed = Cli.succeed(patient("out", 2, "--resume_from_checkpoint", folder.resolve("out/checkpoint-" + step)));
            assertTrue(resumed.err().contains("ended behind step 3 of 9"), resumed.err());
            requireSame("model.safetensors", "kept", "out");
            requireSame("metrics.jsonl", "kept", "out");
            requireSame(OutputFolder.RESULTS_FILE, "kept", "out");
        }
        var other = Cli.run(patient("out", 3, "--resume_from_checkpoint", folder.resolve("out/checkpoint-2")));
        assertEquals(2, other.code(), other.err());
        assertTrue(other.err().contains("early_stopping was "), other.err());
    }

    @Test
    void eachNameHasALossOfItsOwnAndOneOfThemDecides() throws IOException {
        var few = folder.resolve("few.jsonl");
        Files.write(few, Files.readAllLines(rows).subList(0, 2));
        Cli.succeed(sft("named", "--eval_dataset_name", "all=" + rows + ",few=" + few, "--eval_steps", 1, "--early_stopping_patience", 1,
            "--metric_for_best_model", "few_loss"));
        var first = Cli.metrics(folder.resolve("named")).getFirst();
        var end = Cli.metrics(folder.resolve("named")).getLast();
        assertEquals(2, end.requireInt("step"));
        for (var file : List.of(rows, few)) {
            var name = file.equals(few) ? "few" : "all";
            Cli.succeed("sft", "--model_name_or_path", folder.resolve("model"), "--dataset_name", rows, "--output_dir",
                folder.resolve(name), "--max_steps", 2, "--learning_rate", "1e-3", "--eval_dataset_name", file, "--lr_scheduler_type",
                "linear");
            assertEquals(Cli.metrics(folder.resolve(name)).getFirst().requireDouble("eval_loss"),
                first.requireDouble("eval_" + name + "_loss"));
        }
        var page = Files.readString(folder.resolve("named/loss.html"));
        assertTrue(page.contains("eval_all_loss") && page.contains("eval_few_loss"));
        var unknown = Cli.run(sft("unknown", "--eval_dataset_name", "all=" + rows, "--eval_steps", 1, "--early_stopping_patience", 1,
            "--metric_for_best_model", "eval_few_loss"));
        assertEquals(2, unknown.code(), unknown.err());
        assertTrue(unknown.err().contains("an evaluation has no eval_few_loss; did you mean \"eval_all_loss\"?"), unknown.err());
    }

    @Test
    void rowsAreEvaluatedUnderTheArmOrWithoutIt() throws IOException {
        var arm = new Object[] {"--prompt_arm", "fixed", "--prompt_text", "You err.", "--prompt_placement", "user_prefix",
            "--eval_dataset_name", rows, "--eval_prompt_arm", "none"};
        Cli.succeed(brief("none", arm));
        arm[arm.length - 1] = "same";
        Cli.succeed(brief("same", arm));
        Cli.succeed(brief("without", "--eval_dataset_name", rows));
        var without = Cli.metrics(folder.resolve("without")).getFirst().requireDouble("eval_loss");
        assertEquals(without, Cli.metrics(folder.resolve("none")).getFirst().requireDouble("eval_loss"));
        assertTrue(without != Cli.metrics(folder.resolve("same")).getFirst().requireDouble("eval_loss"));
    }

    private Object[] brief(String output, Object... more) {
        var arguments = new ArrayList<Object>(List.of("sft", "--model_name_or_path", folder.resolve("model"), "--dataset_name", rows,
            "--output_dir", folder.resolve(output), "--max_steps", 1));
        arguments.addAll(List.of(more));
        return arguments.toArray();
    }

    @Test
    void contradictionsAreReportedAtOnce() {
        refused("have no effect without --early_stopping_patience", sft("none"));
        refused("--early_stopping_patience looks at evaluations on the way", sft("none", "--early_stopping_patience", 1,
            "--eval_dataset_name", rows));
        refused("--early_stopping_patience must be positive; got 0", patient("none", 0));
        refused("say which one with --metric_for_best_model, such as eval_a_loss", sft("none", "--eval_dataset_name", "a=" + rows,
            "--eval_steps", 1, "--early_stopping_patience", 1));
        refused("gives names to some files only", brief("none", "--eval_dataset_name", "a=" + rows + "," + rows));
        refused("--eval_prompt_arm has no effect without --prompt_arm", brief("none", "--eval_dataset_name", rows, "--eval_prompt_arm",
            "none"));
        refused("--eval_dataset_name: nowhere.jsonl does not exist", brief("none", "--eval_dataset_name", "a=nowhere.jsonl"));
        assertFalse(Files.exists(folder.resolve("none")), "nothing is begun");
    }

    private static void refused(String sentence, Object... arguments) {
        var result = Cli.run(arguments);
        assertTrue(result.code() == 2 || result.code() == 3, result.err());
        assertTrue(result.err().contains(sentence), sentence + " in " + result.err());
    }
}
