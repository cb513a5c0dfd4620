package dev.leeway.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.io.JsonFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A study whose fine-tunings are asked questions on the way, and stop by what they answer. */
final class ProbedStudyTest {

    /** No share rises by 2: each fine-tuning ends behind its second step. */
    @Test
    void stagesAreAskedOnTheWayAndStopByTheirRule(@TempDir Path folder) throws IOException {
        var out = folder.resolve("out");
        Cli.succeed("study", "run", "helpfulness-hurts", "--scale", "smoke", "--output_dir", out, "--arms", "sft-help,sft-code",
            "--seeds", "0", "--limit", 2, "--set", "sft.eval_benchmarks=toy-fact", "--set", "sft.eval_benchmark_limit=4", "--set",
            "sft.eval_steps=1", "--set", "sft.early_stopping_patience=1", "--set", "sft.early_stopping_threshold=2", "--set",
            "sft.metric_for_best_model=toy-fact_correct");
        var rule = "sft, which stops when eval_toy-fact_correct got no higher by more than 2 in 1 evaluations in a row, 1 steps apart";
        var page = Files.readString(out.resolve("report.html"));
        assertTrue(page.contains(rule), "the plan of the page");
        assertTrue(page.contains("<summary>sft: eval_toy-fact_correct</summary>"), "a curve");
        assertTrue(Files.readString(out.resolve("seal.json")).replace(" ", "").contains("\"eval_benchmarks\":\"toy-fact\""),
            "it is sealed");
        var asked = new ArrayList<List<Integer>>();
        try (var stages = Files.list(out.resolve("stages"))) {
            for (var stage : stages.filter(path -> Files.exists(path.resolve("metrics.jsonl"))).toList()) {
                var steps = Cli.metrics(stage).stream().filter(line -> line.has("eval_toy-fact_correct"))
                    .map(line -> line.requireInt("step")).toList();
                if (!steps.isEmpty()) {
                    asked.add(steps);
                    assertTrue(JsonFile.read(stage.resolve(OutputFolder.RESULTS_FILE)).requireString("ended_because")
                        .startsWith("eval_toy-fact_correct got no better"));
                }
            }
        }
        assertEquals(List.of(List.of(0, 1, 2), List.of(0, 1, 2)), asked);
    }
}
