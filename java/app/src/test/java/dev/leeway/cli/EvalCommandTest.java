package dev.leeway.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.LeewayException;
import dev.leeway.eval.Catalogue;
import dev.leeway.eval.Csv;
import dev.leeway.io.JsonFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class EvalCommandTest {

    private static final int ROWS = 12;
    private static final List<String> FILES = List.of("results.json", "items.csv", "summary.csv", "results_lm_eval.json");

    @TempDir
    private Path folder;

    private Path rows() throws IOException {
        var text = new StringBuilder();
        for (int i = 0; i < ROWS; i++) {
            text.append("{\"prompt\": \"letter ").append(i).append("\", \"answer\": \"").append(i % 3 == 0 ? "A" : "B").append("\"}\n");
        }
        return Files.writeString(folder.resolve("letters.jsonl"), text);
    }

    private Object[] command(Object model, String output, Object... more) throws IOException {
        return Stream.concat(Stream.of("eval", "--model_name_or_path", model, "--benchmarks", "exact", "--data", rows(), "--set",
            "exact.max_new_tokens=8", "--output_dir", folder.resolve(output)), Stream.of(more)).toArray();
    }

    private static void refused(int code, String sentence, Object... arguments) {
        var result = Cli.run(arguments);
        assertEquals(code, result.code(), result.err());
        assertTrue(result.err().contains(sentence), sentence + " in " + result.err());
        assertFalse(result.err().contains("\tat "), result.err());
    }

    private void assertSameResults(String expected, String found) throws IOException {
        for (var name : FILES) {
            assertArrayEquals(Files.readAllBytes(folder.resolve(expected).resolve(name)), Files.readAllBytes(folder.resolve(found)
                .resolve(name)), name);
        }
    }

    /** A third of the answers is A. */
    @Test
    void aRuleThatSaysAIsRightWhereTheAnswerIsA() throws IOException {
        var result = Cli.succeed(command("baseline:always-a", "out"));
        assertTrue(result.out().contains("baseline:always-a") && result.out().contains("0.3333"), result.out());
        var items = Csv.records(folder.resolve("out/items.csv")).stream().filter(row -> row.text("measure").equals("exact")).toList();
        assertEquals(ROWS, items.size());
        assertEquals(List.of("1", "0", "0"), items.stream().limit(3).map(row -> row.text("value")).toList());
        var page = Files.readString(folder.resolve("out/report.html"));
        assertTrue(page.contains("leeway eval --model_name_or_path baseline:always-a --benchmarks exact") && page.contains("<circle"));
        assertFalse(page.contains("<script") || page.contains("NaN"), page);
    }

    private Object[] drawn(Path model, String output, Object... more) throws IOException {
        var arguments = new ArrayList<>(Arrays.asList(command(model, output, more)));
        arguments.add(arguments.indexOf("--set") + 1, "exact.temperature=0.9");
        return arguments.toArray();
    }

    @Test
    void resultsDoNotDependOnHowManyAnswersAreMadeAtOnce() throws IOException {
        var model = TinyModel.model(folder);
        Cli.succeed(drawn(model, "one", "--batch_size", 1, "--epochs", 2));
        Cli.succeed(drawn(model, "many", "--batch_size", 64, "--epochs", 2, "--threads", 1));
        assertSameResults("one", "many");
        assertEquals(2 * ROWS, JsonFile.read(folder.resolve("one/results.json")).requireObjects("results").getFirst()
            .requireInt("answers"));
        Cli.succeed(drawn(model, "other", "--epochs", 2, "--seed", 1));
        assertTrue(Files.mismatch(folder.resolve("one/records.jsonl"), folder.resolve("other/records.jsonl")) >= 0);
    }

    @Test
    void aRunThatIsKilledOrAskedToStopGoesOnToTheSameResults() throws Exception {
        var model = TinyModel.model(folder);
        Cli.succeed(drawn(model, "whole", "--epochs", 20, "--batch_size", 4));
        try (var child = Child.start(folder.resolve("killed.log"), Optional.empty(), drawn(model, "killed", "--epochs", 20, "--batch_size",
            4))) {
            awaitRecords("killed", child);
            child.signal("KILL");
            assertEquals(137, child.await(), child.text());
        }
        assertFalse(Files.exists(folder.resolve("killed/results.json")));
        refused(3, "has no results.json", "compare", folder.resolve("killed"), folder.resolve("whole"));
        try (var child = Child.start(folder.resolve("stopped.log"), Optional.empty(), "eval", "resume", folder.resolve("killed"))) {
            child.awaitText("exact: ");
            child.signal("INT");
            assertEquals(0, child.await(), child.text());
            assertTrue(child.text().contains("go on with: leeway eval resume " + folder.resolve("killed")) || child.text().contains("done"),
                child.text());
        }
        var resumed = Cli.succeed("eval", "resume", folder.resolve("killed"));
        assertTrue(resumed.out().contains("exact"), resumed.out());
        assertSameResults("whole", "killed");
        assertTrue(Cli.succeed("eval", "resume", folder.resolve("killed")).err().contains(", 0 of them now"));
        assertSameResults("whole", "killed");
    }

    private void awaitRecords(String name, Child child) throws IOException, InterruptedException {
        var records = folder.resolve(name).resolve("records.jsonl");
        for (int i = 0; i < 3000 && (!Files.exists(records) || Files.size(records) < 20_000); i++) {
            assertTrue(child.process().isAlive(), "ended before it was killed: " + child.text());
            java.util.concurrent.TimeUnit.MILLISECONDS.sleep(5);
        }
    }

    /** Another process has other hashes of objects and other orders of unordered sets. */
    @Test
    void twoProcessesWriteTheSameBytes() throws Exception {
        for (var name : List.of("first", "second")) {
            try (var child = Child.start(folder.resolve(name + ".log"), Optional.empty(), limited(name, "mmlu,exact", "--system_prompt",
                    "none", "kind=Be kind."))) {
                assertEquals(0, child.await(), child.text());
            }
        }
        assertSameResults("first", "second");
        assertArrayEquals(Files.readAllBytes(folder.resolve("first/records.jsonl")), Files.readAllBytes(folder.resolve(
            "second/records.jsonl")));
    }

    private Object[] limited(String output, String benchmarks, Object... more) throws IOException {
        var subjects = Files.createDirectories(folder.resolve("mmlu/test"));
        for (var subject : List.of("birds", "knots", "seas")) {
            Files.writeString(subjects.resolve(subject + "_test.csv"), "first,a,b,c,d,A\nsecond,a,b,c,d,B\nthird,a,b,c,d,A\n");
        }
        Files.createDirectories(folder.resolve("mmlu/dev"));
        return Stream.concat(Stream.of("eval", "--model_name_or_path", "baseline:always-a", "--benchmarks", benchmarks, "--data", rows(),
            folder, "--limit", 2, "--output_dir", folder.resolve(output)), Stream.of(more)).toArray();
    }

    @Test
    void aLimitIsOfEverySubjectAndOfNoDictionary() throws IOException {
        Cli.succeed(limited("out", "mmlu"));
        var values = Csv.records(folder.resolve("out/items.csv")).stream().map(row -> row.text("value")).toList();
        assertEquals(List.of("1", "0", "1", "0", "1", "0"), values);
        Files.writeString(folder.resolve("dict_big2_nouns.csv"), "Category,token_decoded\nAgency,skill\nCommunion,care\n");
        Files.writeString(folder.resolve("prompts.yaml"), "best_ever_one: Which is the best?\n");
        refused(2, "benchmark big2 takes no limit", limited("none", "big2"));
        assertFalse(Files.exists(folder.resolve("none")), "nothing is begun");
    }

    @Test
    void modelsPromptsAndCheckpointsAreAllAskedAndCompared() throws IOException {
        var model = TinyModel.model(folder);
        Cli.succeed("sft", "--model_name_or_path", model, "--dataset_name", rows(), "--columns", "completion=answer", "--output_dir",
            folder.resolve("tuned"), "--max_steps", 4, "--save_steps", 2);
        var prompts = Files.writeString(folder.resolve("prompts.jsonl"), "{\"name\": \"shout\", \"suffix\": \"!\"}\n");
        Cli.succeed(command(folder.resolve("tuned"), "out", "--checkpoints", "2,final", "--system_prompt", "none", "kind=Be kind.",
            "--evaluation_prompt", prompts));
        var json = JsonFile.read(folder.resolve("out/results.json"));
        assertEquals(List.of("tuned/checkpoint-2", "tuned"), List.copyOf(json.requireObject("models").names()));
        assertEquals(6, json.requireObjects("results").size());
        assertTrue(Files.exists(folder.resolve("out/results_lm_eval_tuned__checkpoint-2.json")));
        Cli.succeed(command("other=" + model, "second", "--system_prompt", "none"));
        var table = Cli.succeed("compare", folder.resolve("second"), folder.resolve("out"));
        assertTrue(table.out().contains("other → tuned/checkpoint-2") && table.err().contains("under kind, plain is in "), table.out()
            + table.err());
        refused(3, "has no whole checkpoint-3; it has checkpoint-2, checkpoint-4", command(folder.resolve("tuned"), "none", "--checkpoints",
            "3"));
    }

    @Test
    void everythingThatIsWrongIsReportedAtOnce() throws IOException {
        var result = Cli.run("eval", "--benchmarks", "exakt,gsm8k", "--limit", 0, "--epochs", -1, "--batch_size", 0, "--set",
            "gsm8k.shot=3", "exact.same=case", "nonsense", "--device", "tpu", "--data", folder.resolve("none"), "--checkpoints", "x",
            "--system_prompt", "without a name", "--judge_budget_calls", 3, "--max_length", 1, "--evaluation_prompt", folder);
        assertEquals(2, result.code());
        for (var sentence : List.of("--model_name_or_path is missing", "there is no exakt; did you mean \"exact\"?",
            "--limit must be positive; got 0", "--epochs must be from 1 to 10000; got -1", "--batch_size must be from 1 to 4096; got 0",
            "gsm8k has no option shot", "--set exact.same=case is of no benchmark", "--set takes ID.OPTION=VALUE",
            "--device must be one of", "none does not exist",
            "--checkpoints must be all", "--system_prompt takes NAME=TEXT", "--judge_model is missing",
            "--output_dir is missing", "--max_length must be at least 2; got 1", "is a folder; a file is expected")) {
            assertTrue(result.err().contains(sentence), sentence + " in " + result.err());
        }
        refused(2, "there is no baseline:wrong", command("baseline:wrong", "out"));
        refused(2, "is no folder", command(folder.resolve("nowhere"), "out"));
        refused(2, "none of these benchmarks is asked in plian; did you mean \"plain\"?", command("baseline:empty", "out", "--contexts",
            "plain,plian"));
        refused(2, "a baseline keeps its own name in results; write baseline:empty", command("x=baseline:empty", "out"));
        refused(2, "--checkpoints has no effect on baselines", command("baseline:empty", "out", "--checkpoints", "all"));
        refused(2, "--judge_model has no effect: none of exact needs it", command("baseline:empty", "out", "--judge_model", "scripted:A"));
        refused(2, "have no effect with --judge_model scripted:", command("baseline:empty", "out", "--judge_model", "scripted:A|B",
            "--judge_max_tokens", 3));
        refused(2, "--reference_model has no effect: none of exact needs it", command("baseline:empty", "out", "--reference_model",
            folder));
        refused(2, "the model baseline:empty is named twice, and results could not be told apart; give one another name with NAME=DIR",
            "eval", "--model_name_or_path", "baseline:empty", "baseline:empty", "--benchmarks", "exact", "--data", rows(), "--output_dir",
            folder.resolve("out"));
        refused(2, "named twice", command("baseline:empty", "out", "--system_prompt", "none", "none"));
        assertFalse(Files.exists(folder.resolve("out")), "nothing is begun");
    }

    @Test
    void aBenchmarkThatLacksItsItemsOrItsJudgeSaysHowToGetThem() throws IOException {
        refused(3, "there is no gsm8k/test.jsonl", "eval", "--model_name_or_path", "baseline:empty", "--benchmarks", "gsm8k",
            "--data", folder, "--output_dir", folder.resolve("out"));
        Files.writeString(folder.resolve("bad.jsonl"), "{\"prompt\": \"one\"}\n");
        refused(3, "bad.jsonl:1", "eval", "--model_name_or_path", "baseline:empty", "--benchmarks", "exact", "--data",
            folder.resolve("bad.jsonl"), "--output_dir", folder.resolve("out"));
        assertFalse(Files.exists(folder.resolve("out")), "nothing is begun");
    }

    @Test
    void aFolderWithSomethingInItIsNotWrittenTo() throws IOException {
        Cli.succeed(command("baseline:empty", "out"));
        refused(2, "is of another evaluation; go on with leeway eval resume", command("baseline:empty", "out"));
        refused(2, "has files that leeway eval did not write", "eval", "--model_name_or_path", "baseline:empty", "--benchmarks", "exact",
            "--data", rows(), "--output_dir", folder);
        refused(2, "no evaluation was begun in it", "eval", "resume", folder);
        refused(2, "eval resume needs the folder", "eval", "resume");
    }

    /** The folder is looked at before models are hashed, and another run may have come and gone till then. */
    @Test
    void aFolderThatAnotherRunHadMeanwhileKeepsItsArguments() throws IOException {
        var out = folder.resolve("out");
        EvalFolder.begin(out, List.of("first")).close();
        var refused = assertThrows(LeewayException.class, () -> EvalFolder.begin(out, List.of("second")));
        assertTrue(refused.getMessage().contains("is of another evaluation"), refused.getMessage());
        assertEquals(List.of("first"), EvalFolder.arguments(out));
        EvalFolder.goOn(out).close(); // the refused one left no lock
    }

    @Test
    void aRewardModelIsRefusedBeforeAnythingIsBegun() throws IOException {
        refused(2, "benchmark exact needs a language model, and reward is a reward model", command(TinyRewardModel.model(folder), "out"));
        assertFalse(Files.exists(folder.resolve("out")), "nothing is begun");
    }

    @Test
    void anEvaluationGoesOnOnlyWithWhatItBeganWith() throws IOException {
        Cli.succeed(command("baseline:empty", "out"));
        var rows = folder.resolve("letters.jsonl");
        Files.writeString(rows, Files.readString(rows).replace("letter 3", "LETTER 3"));
        refused(2, "letters.jsonl", "eval", "resume", folder.resolve("out"));
    }

    @Test
    void theListHasEveryBenchmarkOnceAndTellsAllAboutOne() {
        var list = Cli.succeed("eval", "list").out();
        Catalogue.entries().forEach(entry -> assertEquals(1, list.lines().filter(line -> line.startsWith(entry.card().id() + " ")).count(),
            entry.card().id()));
        var one = Cli.succeed("eval", "list", "exact").out();
        assertTrue(one.contains("--set exact.max_new_tokens=64") && one.contains("compared  by exact, higher is better"), one);
        var json = Cli.succeed("eval", "list", "--json").out().lines().map(line -> JsonFile.parse("list", line)).toList();
        assertEquals(Catalogue.entries().size(), json.size());
        assertTrue(json.getFirst().optionalObjects("options").isPresent());
        refused(2, "there is no benchmark exat; did you mean \"exact\"?", "eval", "list", "exat");
    }

    @Test
    void theListSaysWhatOfItIsHere() throws IOException {
        var here = Cli.succeed("eval", "list", "exact", "gsm8k", "--data", rows()).out();
        assertTrue(here.contains(ROWS + " items") && here.contains("there is no gsm8k/test.jsonl"), here);
    }

    @Test
    void aScriptJudgesTheSameQuestionAlikeAndPrefersOneOption() {
        var judge = EvalJudgeOptions.scripted(List.of("GRADE: C", "GRADE: I"));
        var questions = java.util.stream.IntStream.range(0, 200).mapToObj(i -> new dev.leeway.judge.Question("t", "q" + i,
            List.of("yes", "no", "maybe"), 0)).toList();
        var verdicts = judge.ask(questions);
        assertEquals(verdicts, judge.ask(questions));
        long right = verdicts.stream().filter(verdict -> verdict.toString().contains("GRADE: C")).count();
        assertTrue(right > 60 && right < 140, "both texts are given: " + right); // six standard deviations of Binomial(200, ½) around 100
        var given = (dev.leeway.judge.Verdict.Given) verdicts.getFirst();
        assertEquals(1, given.optionLogProbs().values().stream().mapToDouble(Math::exp).sum(), 1e-12);
    }
}
