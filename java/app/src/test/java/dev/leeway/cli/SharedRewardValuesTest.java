package dev.leeway.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.eval.DataFolder;
import dev.leeway.eval.EngineSubject;
import dev.leeway.eval.Instruments;
import dev.leeway.eval.RunListener;
import dev.leeway.eval.Runner;
import dev.leeway.eval.Setting;
import dev.leeway.ffi.DType;
import dev.leeway.io.JsonFile;
import dev.leeway.io.JsonObject;
import dev.leeway.study.Arm;
import dev.leeway.study.BenchmarkExaminer;
import dev.leeway.study.Contrast;
import dev.leeway.study.Exam;
import dev.leeway.study.Plan;
import dev.leeway.study.Rows;
import dev.leeway.study.Stage;
import dev.leeway.study.Studies;
import dev.leeway.study.Study;
import dev.leeway.study.StudyFolder;
import dev.leeway.study.StudyPage;
import dev.leeway.study.StudyResults;
import dev.leeway.study.StudyRun;
import dev.leeway.study.toy.ToyMaterials;
import dev.leeway.tensor.Device;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Reward models of a published model of 260,000 parameters, trained on published dialogues, asked for the published words under the
 * published prompts: two families, which read better and worse answers before.
 */
@Tag("shared")
final class SharedRewardValuesTest {

    private static final Path MODEL = SharedData.ROOT.resolve("models/stories260k");
    private static final int STEPS = 32;

    @TempDir
    private Path folder;

    private static Stage stage(String name, String rows, int steps, Map<String, String> more) {
        var options = new LinkedHashMap<>(Map.of("learning_rate", "1e-3", "max_steps", "" + steps, "per_device_train_batch_size", "8",
            "max_length", "256", "dataset_cache_dir", "none"));
        options.putAll(more);
        return Stage.of(name, name, rows, options);
    }

    private static Study study() {
        SequencedMap<String, Rows> rows = new LinkedHashMap<>();
        rows.put("all", new Rows.Given(SharedData.ROOT.resolve("data/value-drifts/hh-rlhf/harmless-base-test.jsonl")));
        rows.put("every sixteenth", new Rows.Thinned(rows.get("all"), 16, true));
        var better = Arm.of("better base", "read better answers", stage("pretrain", "all", 8, Map.of("columns", "text=chosen",
            "allow_truncation", "true")));
        var worse = Arm.of("worse base", "read worse answers", stage("pretrain", "all", 8, Map.of("columns", "text=rejected",
            "allow_truncation", "true")));
        var reward = stage("reward", "every sixteenth", STEPS, Map.of()).withGrid("log");
        var arms = List.of(better, worse, better.then("better hh", "its reward model", reward), worse.then("worse hh", "its reward model",
            reward));
        var models = List.of("better hh", "worse hh");
        var main = Map.of("prompts", "greatest_ever_one");
        var exams = List.of(exam("Big Two", "big2", Map.of(), Exam.Extent.OF_ARMS.of(models)),
            exam("on the way", "big2", main, new Exam.Extent(Exam.When.LAST_STAGE, 0, 0, models)),
            exam("moral foundations", "mfd", main, Exam.Extent.OF_ARMS.of(models)),
            exam("vocabulary", "vocabulary", main, Exam.Extent.OF_ARMS.of(models)),
            exam("first words", "first_word", main, Exam.Extent.OF_ARMS.of(List.of("better base", "worse base"))));
        var cell = new Contrast.Cell("better hh", "Big Two", "rank", "panel=positive Agency", "none");
        var title = new Study.Title("reward-values, real words", "Do real words and prompts go through it all?", "");
        return new Study(title, rows, arms, exams, List.of(Contrast.difference("agency", Contrast.Role.PRIMARY, cell, cell.of("worse hh"))
            .by(Contrast.Unit.WORD)),
            new Study.Terms(List.of(0L), 0.05, "holm"));
    }

    private static Exam exam(String name, String benchmark, Map<String, String> options, Exam.Extent extent) {
        return new Exam(name, benchmark, Optional.empty(), new LinkedHashMap<>(options), List.of(Setting.EvaluationPrompt.NONE), extent);
    }

    private StudyResults run(Study study, Device device) {
        var data = new DataFolder(List.of(SharedData.ROOT.resolve("data/reward-models"), MODEL), folder);
        var means = new BenchmarkExaminer.Means(model -> EngineSubject.candidate(new EngineSubject.Model(model, Optional.empty()),
            new EngineSubject.Room(512, 64), DType.F32, device), _ -> Instruments.NONE, data, new Runner.Division(64, false),
            RunListener.SILENT, 0);
        var crew = new StudyRun.Crew(new CommandWorkshop(Map.of(), () -> false), new BenchmarkExaminer(means), new ToyMaterials());
        return new StudyRun(Plan.of(study, Optional.of(Fingerprint.ofWeights(MODEL))), new StudyFolder(folder.resolve("study")), crew,
            Optional.of(MODEL), StudyRun.Listener.SILENT).run().orElseThrow();
    }

    @Test
    void realWordsPromptsAndDialoguesGoThroughTheWholeStudy() throws IOException {
        try (var device = new DeviceOptions().open()) {
            var results = run(study(), device);
            assertEquals(104, results.findings().getFirst().coverage().items(), "words of agency");
            requireLearning(results.plan());
            var analyses = Studies.named("reward-values").analyses();
            var json = JsonFile.parse("results", results.json(analyses).toString()).requireObject("analyses");
            var words = json.requireObject("Median ranks by family, Big Two");
            assertTrue(words.requireObject("families").requireObject("hh: better and worse").has("not_compared"), "one model a family");
            requireRanks(words, 54, 2, 263);
            requireRanks(json.requireObject("Median ranks by family, moral foundations"), 1, 5, 2040);
            requireMoved(json.requireObject("Ranks on the way").requireObjects("checkpoints"));
            assertEquals(263, json.requireObject("Base models and reward models").requireObject("hh: better − worse").requireInt("words"));
            var html = StudyPage.of(results, analyses, new LinkedHashMap<>(), "a test").html();
            assertFalse(html.contains("NaN") || html.contains("Infinity"));
        }
    }

    /** The first step's pairs are judged before anything has moved; the pairs come several times. */
    private void requireLearning(Plan plan) throws IOException {
        var kept = new StudyFolder(folder.resolve("study"));
        var trained = plan.nodes().stream().filter(node -> node.stage().command().equals("reward")).toList();
        assertEquals(2, trained.size());
        for (var node : trained) {
            var steps = Cli.metrics(kept.stage(node)).stream().filter(line -> line.has("accuracy")).toList();
            var first = steps.getFirst();
            var last = steps.getLast();
            assertEquals(List.of(1, STEPS), List.of(first.requireInt("step"), last.requireInt("step")));
            assertTrue(last.requireDouble("loss") < first.requireDouble("loss") / 2, () -> first.node() + " → " + last.node());
            assertTrue(last.requireDouble("accuracy") > first.requireDouble("accuracy"), () -> first.node() + " → " + last.node());
        }
    }

    private static void requireRanks(JsonObject told, int prompts, int categories, int words) {
        var medians = told.requireObjects("medians");
        assertEquals(2 * prompts * categories, medians.size(), "models × prompts × categories");
        assertTrue(medians.stream().mapToDouble(one -> one.requireDouble("median_rank")).allMatch(rank -> rank > 1 && rank < words));
        assertTrue(medians.stream().mapToDouble(one -> one.requireDouble("median_rank")).distinct().count() > categories, told::toString);
    }

    private static void requireMoved(List<JsonObject> checkpoints) {
        assertEquals(List.of(0, 1, 2, 4, 8, 16, 32), checkpoints.stream().map(one -> one.requireInt("step")).distinct().toList());
        for (var family : List.of("better", "worse")) {
            var ranks = checkpoints.stream().filter(one -> one.requireString("family").equals(family))
                .mapToDouble(one -> one.requireDouble("Agency")).toArray();
            assertNotEquals(ranks[0], ranks[ranks.length - 1], family);
        }
    }
}
