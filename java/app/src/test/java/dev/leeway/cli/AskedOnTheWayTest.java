package dev.leeway.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.io.JsonFile;
import dev.leeway.io.JsonObject;
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

/** Benchmarks that a model is asked while it is trained. */
final class AskedOnTheWayTest {

    private static final Object[] ASKED = {"--eval_benchmarks", "toy-traits,toy-opinion", "--eval_benchmark_limit", 3};

    @TempDir
    private Path folder;
    private Path rows;
    private Path model;

    /** Long enough for questions of the toy world, of which its tokenizer makes a token a character. */
    @BeforeEach
    void makeModel() throws IOException {
        rows = TinyModel.rows(folder);
        model = folder.resolve("model");
        Cli.succeed("pretrain", "--dataset_name", rows, "--vocab_size", 300, "--hidden_size", 32, "--num_hidden_layers", 1, "--max_length",
            256, "--output_dir", model, "--max_steps", 1);
    }

    private Object[] sft(String output, Object... more) {
        return Stream.concat(Stream.of("sft", "--model_name_or_path", model, "--dataset_name", rows, "--output_dir",
            folder.resolve(output), "--max_steps", 4, "--learning_rate", "1e-3", "--save_strategy", "no"), Stream.of(more)).toArray();
    }

    private static Object[] with(Object[] first, Object... more) {
        return Stream.concat(Stream.of(first), Stream.of(more)).toArray();
    }

    private List<JsonObject> evaluations(String output) throws IOException {
        return Cli.metrics(folder.resolve(output)).stream().filter(line -> !line.has("loss")).toList();
    }

    @Test
    void questionsChangeNothingButTheLog() throws IOException {
        for (var more : List.of(new Object[] {"--neftune_noise_alpha", 5}, new Object[] {"--use_peft", "--lora_dropout", 0.2})) {
            var without = with(more, "--overwrite_output_dir");
            Cli.succeed(sft("without", without));
            Cli.succeed(sft("with", with(with(without, ASKED), "--eval_steps", 1)));
            var file = more.length == 2 ? "model.safetensors" : "adapter_model.safetensors";
            assertEquals(-1, Files.mismatch(folder.resolve("with").resolve(file), folder.resolve("without").resolve(file)));
            assertEquals(Cli.metrics(folder.resolve("without")).stream().map(JsonObject::node).toList(),
                Cli.metrics(folder.resolve("with")).stream().filter(line -> line.has("loss")).map(JsonObject::node).toList());
        }
    }

    @Test
    void theLogHasWhatAnEvaluationOfTheSavedModelFinds() throws IOException {
        var run = Cli.succeed(with(sft("out", ASKED), "--eval_steps", 2, "--eval_dataset_name", rows));
        assertTrue(run.err().contains("eval      6 rows, 6 questions, before the first step and after the last, every 2 steps"), run.err());
        assertTrue(run.out().contains("  eval_toy-traits_capitals "), run.out());
        var found = evaluations("out");
        assertEquals(List.of(0, 2, 4), found.stream().map(line -> line.requireInt("step")).toList());
        Cli.succeed("eval", "--model_name_or_path", "before=" + model, "after=" + folder.resolve("out"), "--benchmarks",
            "toy-traits,toy-opinion", "--limit", 3, "--output_dir", folder.resolve("exam"));
        int compared = 0;
        for (var result : JsonFile.read(folder.resolve("exam/results.json")).requireObjects("results")) {
            var line = result.requireString("model").equals("before") ? found.getFirst() : found.getLast();
            for (var statistic : result.requireObjects("statistics")) {
                if (statistic.optionalString("slice").orElse("").isEmpty()) {
                    var name = "eval_" + result.requireString("benchmark") + "_" + statistic.requireString("name");
                    assertTrue(line.names().contains(name), name);
                    assertEquals(statistic.optionalDouble("value"), line.optionalDouble(name), name);
                    compared++;
                }
            }
        }
        assertEquals(2 * (2 + 5), compared, "two traits; three stances, warmth and length");
        var page = Files.readString(folder.resolve("out/loss.html"));
        assertTrue(page.contains("aria-label=\"eval_toy-traits_spanish over steps\"") && !page.contains("NaN"), page);
        var results = JsonFile.read(folder.resolve("out").resolve(OutputFolder.RESULTS_FILE));
        assertTrue(results.names().contains("eval_toy-opinion_support"), results.node()::toString);
    }

    /** No share falls by 2, so the step of the end is known. */
    @Test
    void aMeasureEndsARunAndARunThatGoesOnEndsThereToo() throws IOException {
        var arguments = with(ASKED, "--eval_steps", 1, "--early_stopping_patience", 2, "--metric_for_best_model",
            "eval_toy-traits_spanish", "--greater_is_better", false, "--early_stopping_threshold", 2,
            "--save_strategy", "steps", "--save_steps", 1);
        var all = new ArrayList<>(List.of(sft("out", arguments)));
        all.subList(all.indexOf("--save_strategy"), all.indexOf("--save_strategy") + 2).clear();
        var run = Cli.succeed(all.toArray());
        assertTrue(run.err().contains(
            "ended behind step 3 of 4: eval_toy-traits_spanish got no better by more than 2.0 in 2 evaluations"), run.err());
        var log = Files.readString(folder.resolve("out/metrics.jsonl"));
        all.addAll(List.of("--resume_from_checkpoint", folder.resolve("out/checkpoint-2")));
        Cli.succeed(all.toArray());
        assertEquals(log, Files.readString(folder.resolve("out/metrics.jsonl")));
        all.set(all.indexOf("--eval_benchmark_limit") + 1, 2);
        var other = Cli.run(all.toArray());
        assertEquals(2, other.code(), other.err());
        assertTrue(other.err().contains("eval_benchmarks was "), other.err());
    }

    /** What no answer says is null, and no better than anything. */
    @Test
    void aMeasureThatNoAnswerHasIsNullInTheLog() throws IOException {
        var run = Cli.succeed(sft("out", "--eval_benchmarks", "toy-opinion", "--eval_benchmark_limit", 2, "--eval_steps", 1,
            "--early_stopping_patience", 1, "--metric_for_best_model", "toy-opinion_support"));
        assertTrue(run.out().contains("eval_toy-opinion_support none (2 missing)"), run.out());
        assertTrue(evaluations("out").stream().allMatch(line -> line.names().contains("eval_toy-opinion_support")
            && !line.has("eval_toy-opinion_support")));
        assertTrue(run.err().contains("ended behind step 2 of 4: eval_toy-opinion_support got no better in 1 evaluations"), run.err());
        assertFalse(Files.readString(folder.resolve("out/loss.html")).contains("eval_toy-opinion_support"));
    }

    @Test
    void thePlanCountsWhatQuestionsNeed() {
        var memory = Pattern.compile("(?m)^ *memory +(.*)$");
        var plain = memory.matcher(Cli.succeed("plan", "--model_name_or_path", model, "--dataset_name", rows).out());
        var asked = memory.matcher(Cli.succeed(with(new Object[] {"plan", "--model_name_or_path", model, "--dataset_name", rows}, ASKED))
            .out());
        assertTrue(plain.find() && asked.find());
        assertTrue(asked.group(1).contains("cache") && !plain.group(1).contains("cache"), asked.group(1));
        var run = memory.matcher(Cli.succeed(sft("out", ASKED)).err());
        assertTrue(run.find());
        assertEquals(run.group(1).replaceAll(" \\(training.*", ""), asked.group(1).replaceAll(" (\\(training|= ).*", ""));
    }

    @Test
    void aModelThatIsNewAndAnAdapterOfARewardModelAreAskedToo() throws IOException {
        Cli.succeed("pretrain", "--dataset_name", rows, "--vocab_size", 300, "--hidden_size", 32, "--num_hidden_layers", 1, "--max_length",
            256, "--output_dir", folder.resolve("new"), "--max_steps", 1, "--eval_benchmarks", "toy-fact", "--eval_benchmark_limit", 2);
        assertEquals(0, evaluations("new").getLast().requireDouble("eval_toy-fact_correct"));
        refused("benchmark toy-fact needs a language model, and the model that is trained is a reward model", "reward",
            "--model_name_or_path", model, "--dataset_name", TinyModel.pairs(folder), "--output_dir", folder.resolve("none"),
            "--eval_benchmarks", "toy-fact");
    }

    @Test
    void whatCannotBeAskedIsRefusedBeforeAnythingIsBegun() {
        refused("--eval_benchmarks: there is no toy-fakt; did you mean \"toy-fact\"?", sft("none", "--eval_benchmarks", "toy-fakt"));
        refused("--eval_benchmarks names one twice: toy-fact,toy-fact", sft("none", "--eval_benchmarks", "toy-fact,toy-fact"));
        refused("--eval_benchmark_limit must be from 1 to 100000; got 0", sft("none", "--eval_benchmarks", "toy-fact",
            "--eval_benchmark_limit", 0));
        refused("--eval_benchmark_limit and --eval_benchmark_data have no effect without --eval_benchmarks", sft("none",
            "--eval_benchmark_limit", 2));
        refused("questions have no loss; say what it looks at with --metric_for_best_model, such as eval_toy-fact_MEASURE", sft("none",
            "--eval_benchmarks", "toy-fact", "--eval_steps", 1, "--early_stopping_patience", 1));
        refused("and --greater_is_better have no effect without --early_stopping_patience", sft("none", "--greater_is_better", true));
        assertFalse(Files.exists(folder.resolve("none")), "nothing is begun");
    }

    private static void refused(String sentence, Object... arguments) {
        var result = Cli.run(arguments);
        assertTrue(result.code() == 2 || result.code() == 3, result.err());
        assertTrue(result.err().contains(sentence), sentence + " in " + result.err());
    }
}
