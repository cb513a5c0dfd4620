package dev.leeway.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class EvaluationTest {

    /** The same terms summed in another order: n &lt; 200 additions of positive terms in double, each with a relative error of 2⁻⁵³. */
    private static final double REORDERED = 200 * 0x1p-53 * 2;

    @TempDir
    private Path folder;

    private Metrics metrics(String name) {
        return Metrics.read(folder.resolve(name).resolve("metrics.jsonl"), Metrics.Mean.OF_TOKENS);
    }

    @Test
    void theLossIsTakenAtTheStartAtTheEndAndBetween() throws IOException {
        var model = TinyModel.model(folder);
        var rows = folder.resolve("rows.jsonl");
        var result = Cli.succeed("sft", "--model_name_or_path", model, "--dataset_name", rows, "--eval_dataset_name", rows,
            "--eval_steps", 2,
            "--per_device_eval_batch_size", 4, "--max_steps", 5, "--learning_rate", "1e-3", "--output_dir", folder.resolve("out"));
        var evaluations = metrics("out").evaluations();
        assertEquals(List.of(0, 2, 4, 5), evaluations.stream().map(Metrics.Evaluated::step).toList());
        double start = TinyModel.loss(model, Optional.empty(), rows);
        double end = TinyModel.loss(folder.resolve("out"), Optional.empty(), rows);
        assertEquals(start, evaluations.getFirst().values().get("eval_loss"), start * REORDERED);
        assertEquals(end, evaluations.getLast().values().get("eval_loss"), end * REORDERED);
        assertTrue(result.out().startsWith("step 0/5  eval_loss "), result.out());
        assertTrue(result.err().contains("eval      6 rows, before the first step and after the last, every 2 steps"), result.err());
    }

    @Test
    void evaluationChangesNothingButTheLog() throws IOException {
        var model = TinyModel.model(folder);
        for (var name : new String[] {"with", "without"}) {
            var arguments = new java.util.ArrayList<Object>(List.of("sft", "--model_name_or_path", model, "--dataset_name",
                folder.resolve("rows.jsonl"), "--output_dir", folder.resolve(name), "--max_steps", 4, "--learning_rate", "1e-3"));
            if (name.equals("with")) {
                arguments.addAll(List.of("--eval_dataset_name", folder.resolve("rows.jsonl"), "--eval_steps", 1));
            }
            Cli.succeed(arguments.toArray());
        }
        assertEquals(-1, Files.mismatch(folder.resolve("with/model.safetensors"), folder.resolve("without/model.safetensors")));
        assertEquals(metrics("without").steps(), metrics("with").steps());
    }

    @Test
    void aResumedRunRepeatsNoEvaluation() throws IOException {
        var rows = TinyModel.rows(folder);
        var arguments = new Object[] {"pretrain", "--dataset_name", rows, "--eval_split", 0.34, "--vocab_size", 300, "--hidden_size", 32,
            "--num_hidden_layers", 1, "--max_length", 64, "--output_dir", folder.resolve("out"), "--max_steps", 4, "--save_steps", 2,
            "--eval_steps", 2};
        var first = Cli.succeed(arguments);
        assertTrue(first.err().contains("4 rows") && first.err().contains("2 rows, before"), first.err());
        var log = Files.readString(folder.resolve("out/metrics.jsonl"));
        var again = new java.util.ArrayList<>(List.of(arguments));
        again.addAll(List.of("--resume_from_checkpoint", folder.resolve("out/checkpoint-2")));
        Cli.succeed(again.toArray());
        assertEquals(log, Files.readString(folder.resolve("out/metrics.jsonl")));
        assertEquals(List.of(0, 2, 4), metrics("out").evaluations().stream().map(Metrics.Evaluated::step).toList());
    }

    @Test
    void optionsThatContradictAreReportedAtOnce() {
        var result = Cli.run("sft", "--eval_steps", 0);
        assertTrue(result.err().contains("have no effect without --eval_dataset_name"), result.err());
        assertTrue(result.err().contains("--eval_steps must be positive"), result.err());
        assertTrue(Cli.run("sft", "--eval_split", 1, "--eval_dataset_name", "none.jsonl").err().contains("exclude each other"));
    }
}
