package dev.leeway.eval.output;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.LeewayException;
import dev.leeway.eval.Card;
import dev.leeway.eval.Csv;
import dev.leeway.eval.Response;
import dev.leeway.eval.Results;
import dev.leeway.eval.Score;
import dev.leeway.eval.Setting;
import dev.leeway.eval.Source;
import dev.leeway.eval.Statistic;
import dev.leeway.eval.Value;
import dev.leeway.io.JsonFile;
import dev.leeway.stats.Interval;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.SequencedMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ResultFilesTest {

    private static final Card CARD = new Card("toy", 2, "A toy", new Source("CC0", "nobody", Optional.of(new Source.Hub("o/n", "abc")),
        List.of("toy.jsonl"), "make it up"), new Card.Measure("right", Card.Kind.BINARY), Card.Better.HIGHER, 1);

    @TempDir
    private Path folder;

    private static SequencedMap<String, String> one(String key, String value) {
        return new LinkedHashMap<>(Map.of(key, value));
    }

    private static Results.Line line(String item, Value value) {
        var values = new LinkedHashMap<String, Value>();
        values.put("right", value);
        values.put("length", Value.of(item.length() / 3.0));
        return new Results.Line(item, Map.of(), 0, new Response.Written("x", false, 1), new Score(values,
            List.of(new Score.Grade("sense", "animal=cow", "judge", value, "GRADE: C,\n\"quoted\""))));
    }

    private static Results.Result result(String model, Setting setting, Value... values) {
        var lines = new java.util.ArrayList<Results.Line>();
        for (var value : values) {
            lines.add(line("item, " + lines.size(), value));
        }
        var statistics = List.of(new Statistic("right", "", OptionalDouble.of(0.5), Optional.of(new Interval(0.1, 0.9)), 2, 1),
            new Statistic("spread", "", OptionalDouble.empty(), Optional.empty(), 0, 3),
            new Statistic("right", "language=es", OptionalDouble.of(1), Optional.empty(), 1, 0));
        return new Results.Result(model, new Results.Model("hash of " + model, one("dtype", "float32")), new Results.Origin(CARD,
            one("parse", "drop"), one("toy.jsonl", "00ff"), List.of("t1"), new Results.Extent(9, true)), setting, statistics, lines);
    }

    private static Results results(String... models) {
        return new Results(7, List.of("scripted:x"), Optional.empty(), java.util.Arrays.stream(models).map(model -> result(model,
            Setting.BARE, Value.of(1), Value.of(0), Value.missing("the judge shrugs"))).toList());
    }

    @Test
    void theSameResultsGiveTheSameBytes() throws IOException {
        ResultFiles.write(folder.resolve("a"), results("m"));
        ResultFiles.write(folder.resolve("b"), results("m"));
        for (var name : List.of("results.json", "items.csv", "grades.csv", "summary.csv", "results_lm_eval.json")) {
            assertArrayEquals(Files.readAllBytes(folder.resolve("a").resolve(name)), Files.readAllBytes(folder.resolve("b").resolve(name)));
        }
    }

    @Test
    void everyValueIsReadBackAsItWasAndWithItsReason() {
        ResultFiles.write(folder, results("m"));
        var read = ResultFolder.read(folder);
        assertEquals(ResultFiles.values(results("m")), read.values());
        assertEquals(List.of("m"), read.models());
        assertEquals(Optional.of("right"), read.headline("toy"));
        assertEquals(Card.Kind.BINARY, read.kind(new ItemValue.Cell("toy", "right", "none", "plain")));
        assertEquals(List.of(), read.differences(read, "toy"));
    }

    @Test
    void whatAResultDependsOnStandsBesideIt() {
        ResultFiles.write(folder, results("m"));
        var json = JsonFile.read(folder.resolve("results.json"));
        var toy = json.requireObject("benchmarks").requireObject("toy");
        assertEquals("00ff", toy.requireObject("data").requireString("toy.jsonl"));
        assertEquals("CC0", toy.requireObject("source").requireString("licence"));
        assertEquals("drop", toy.requireObject("options").requireString("parse"));
        assertEquals(List.of("t1"), toy.requireStrings("templates"));
        assertEquals("hash of m", json.requireObject("models").requireObject("m").requireString("hash"));
        var missing = json.requireObjects("results").getFirst().requireObject("missing").requireObject("right");
        assertEquals(1.0 / 3, missing.requireDouble("rate"));
        assertEquals(1, missing.requireObject("reasons").requireInt("the judge shrugs"));
    }

    @Test
    void gradesAndStatisticsAreTables() {
        ResultFiles.write(folder, results("m"));
        var grades = Csv.records(folder.resolve("grades.csv"));
        assertEquals(3, grades.size());
        assertEquals("GRADE: C,\n\"quoted\"", grades.getFirst().text("said"));
        assertEquals("the judge shrugs", grades.getLast().text("missing"));
        var summary = Csv.records(folder.resolve("summary.csv"));
        assertEquals(List.of("0.5", "", "1"), summary.stream().map(row -> row.text("value")).toList());
        assertEquals("language=es", summary.getLast().text("slice"));
    }

    /** Two values, 1 and 0: √(½ / 2) is the error of their mean. */
    @Test
    void theOtherHarnessesShapeHasItsKeysForEachTask() {
        ResultFiles.write(folder, results("m"));
        var json = JsonFile.read(folder.resolve("results_lm_eval.json"));
        var metrics = json.requireObject("results").requireObject("toy");
        assertEquals("toy", metrics.requireString("alias"));
        assertEquals(0.5, metrics.requireDouble("right,none"));
        assertEquals(0.5, metrics.requireDouble("right_stderr,none"));
        assertEquals("N/A", metrics.requireString("spread,none"));
        assertEquals(2, json.requireObject("versions").requireInt("toy"));
        assertEquals(0, json.requireObject("n-shot").requireInt("toy"));
        assertTrue(json.requireObject("higher_is_better").requireObject("toy").requireBoolean("right"));
        assertEquals(3, json.requireObject("n-samples").requireObject("toy").requireInt("effective"));
        assertEquals(9, json.requireObject("n-samples").requireObject("toy").requireInt("original"));
        assertEquals("o/n", json.requireObject("configs").requireObject("toy").requireString("dataset_path"));
    }

    @Test
    void severalModelsHaveAFileEachAndSettingsAreTasks() {
        var polite = new Setting(Setting.EvaluationPrompt.system("polite", "Be polite."), "sad");
        ResultFiles.write(folder, new Results(7, List.of(), Optional.empty(), List.of(result("a/b", polite, Value.of(1)),
            result("c", Setting.BARE, Value.of(1)))));
        assertEquals(List.of("toy@polite/sad"), List.copyOf(JsonFile.read(folder.resolve("results_lm_eval_a__b.json"))
            .requireObject("results").names()));
        assertTrue(Files.exists(folder.resolve("results_lm_eval_c.json")));
        assertFalse(Files.exists(folder.resolve("results_lm_eval.json")));
    }

    private static Results.Result named(String id, Setting setting, Statistic... statistics) {
        var card = new Card(id, 1, "A toy", CARD.source(), new Card.Measure(statistics[0].name(), Card.Kind.BINARY), Card.Better.HIGHER, 1);
        return new Results.Result("m", new Results.Model("hash", one("dtype", "float32")), new Results.Origin(card, one("parse", "drop"),
            one("toy.jsonl", "00ff"), List.of(),
            new Results.Extent(9, false)), setting, List.of(statistics), List.of(line("a", Value.of(1))));
    }

    private static Statistic whole(String name, double value) {
        return new Statistic(name, "", OptionalDouble.of(value), Optional.empty(), 1, 0);
    }

    @Test
    void measuresStandUnderTheOtherHarnessesNamesToo() {
        var bare = new Setting(Setting.EvaluationPrompt.NONE, Setting.UNMODIFIED);
        ResultFiles.write(folder, new Results(7, List.of(), Optional.empty(), List.of(named("gsm8k", Setting.BARE, whole("correct", 0.25)),
            named("truthfulqa_mc", Setting.BARE, whole("mc1", 0.5), whole("mc2", 0.75)), named("triviaqa", bare, whole("correct", 1)),
            named("triviaqa", new Setting(Setting.EvaluationPrompt.NONE, "incorrect/sad"), whole("correct", 0)))));
        var json = JsonFile.read(folder.resolve("results_lm_eval.json"));
        var tasks = json.requireObject("results");
        assertEquals(List.of("gsm8k", "triviaqa", "triviaqa@none/incorrect/sad", "truthfulqa_mc", "truthfulqa_mc1", "truthfulqa_mc2"),
            tasks.names().stream().sorted().toList());
        assertEquals(0.25, tasks.requireObject("gsm8k").requireDouble("exact_match,flexible-extract"));
        assertEquals(0.25, tasks.requireObject("gsm8k").requireDouble("correct,none"));
        assertEquals(0.5, tasks.requireObject("truthfulqa_mc1").requireDouble("acc,none"));
        assertEquals(0.75, tasks.requireObject("truthfulqa_mc2").requireDouble("acc,none"));
        assertTrue(json.requireObject("higher_is_better").requireObject("truthfulqa_mc2").requireBoolean("acc"));
        assertEquals(1, json.requireObject("versions").requireInt("truthfulqa_mc2"));
    }

    /** A model whose answers are all empty needs no judge; one whose answers are judged may be compared with it. */
    @Test
    void judgesAndTemplatesAreComparedWhereBothRunsAskedOne() {
        var judged = result("m", Setting.BARE, Value.of(1));
        ResultFiles.write(folder.resolve("a"), new Results(7, List.of("judge"), Optional.empty(), List.of(judged)));
        for (var templates : List.of(List.<String>of(), List.of("t2"))) {
            var origin = new Results.Origin(CARD, judged.benchmark().options(), judged.benchmark().data(), templates,
                judged.benchmark().extent());
            ResultFiles.write(folder.resolve("b" + templates.size()), new Results(7, List.of("another"), Optional.empty(), List.of(
                new Results.Result("m", judged.model(), origin, Setting.BARE, judged.statistics(), judged.lines()))));
        }
        var first = ResultFolder.read(folder.resolve("a"));
        assertEquals(List.of(), first.differences(ResultFolder.read(folder.resolve("b0")), "toy"));
        assertEquals(List.of("templates: [\"t1\"] and [\"t2\"]", "judges: [judge] and [another]"),
            first.differences(ResultFolder.read(folder.resolve("b1")), "toy"));
    }

    /** A map's own order differs from process to process: of eight keys it is alphabetical once in 40,320. */
    @Test
    void slicesStandInAlphabeticalOrder() {
        var slices = Map.of("h", "", "b", "", "g", "", "d", "", "e", "", "f", "", "c", "", "a", "");
        var line = new Results.Line("a", slices, 0, new Response.Unable("x"), Score.of("right", Value.of(1)));
        assertEquals(List.of("a", "b", "c", "d", "e", "f", "g", "h"), List.copyOf(line.slices().keySet()));
    }

    @Test
    void modelsWhoseNamesLookAlikeInFilesHaveFilesOfTheirOwn() {
        ResultFiles.write(folder, results("基", "训", "__"));
        assertEquals(List.of("基", "训", "__"), Stream.of("", "_2", "_3").map(end -> JsonFile.read(folder.resolve("results_lm_eval___"
            + end + ".json")).requireString("model_name")).toList());
    }

    @Test
    void otherPromptsOfTheSameNameOtherEpochsAndOtherReferencesAreOtherQuestions() {
        var kind = new Setting(Setting.EvaluationPrompt.system("p", "Be kind."), "plain");
        var rude = new Setting(Setting.EvaluationPrompt.system("p", "Be rude."), "plain");
        var once = result("m", rude, Value.of(1));
        var line = once.lines().getFirst();
        var lines = List.of(line, new Results.Line(line.item(), line.slices(), 1, line.response(), line.score()));
        ResultFiles.write(folder.resolve("a"), new Results(7, List.of(), Optional.of("one"), List.of(result("m", kind, Value.of(1)))));
        ResultFiles.write(folder.resolve("b"), new Results(7, List.of(), Optional.of("other"), List.of(new Results.Result("m", once.model(),
            once.benchmark(), rude, once.statistics(), lines))));
        var differences = ResultFolder.read(folder.resolve("a")).differences(ResultFolder.read(folder.resolve("b")), "toy");
        assertEquals(List.of("evaluation prompt p: {\"name\":\"p\",\"system\":\"Be kind.\"} and "
            + "{\"name\":\"p\",\"system\":\"Be rude.\"}", "epochs: 1 and 2", "reference model: one and other"), differences);
    }

    @Test
    void anUnfinishedOrChangedFolderIsRefused() throws IOException {
        assertTrue(assertThrows(LeewayException.class, () -> ResultFolder.read(folder)).getMessage().contains("leeway eval resume"));
        ResultFiles.write(folder, results("m"));
        var items = folder.resolve("items.csv");
        Files.writeString(items, Files.readString(items).replaceFirst(",1,\n", ",0,\n"));
        assertTrue(assertThrows(LeewayException.class, () -> ResultFolder.read(folder)).getMessage()
            .contains("items.csv is not the file that"));
    }

    @Test
    void otherDataOptionsOrJudgesAreOtherQuestions() {
        ResultFiles.write(folder.resolve("a"), results("m"));
        var others = result("m", Setting.BARE, Value.of(1));
        var origin = new Results.Origin(CARD, one("parse", "zero"), one("toy.jsonl", "ff00"), List.of("t1"),
            new Results.Extent(9, true));
        ResultFiles.write(folder.resolve("b"), new Results(7, List.of("someone"), Optional.empty(), List.of(new Results.Result("m",
            others.model(), origin, Setting.BARE, others.statistics(), others.lines()))));
        var differences = ResultFolder.read(folder.resolve("a")).differences(ResultFolder.read(folder.resolve("b")), "toy");
        assertEquals(List.of("options: {\"parse\":\"drop\"} and {\"parse\":\"zero\"}", "data: [00ff] and [ff00]",
            "judges: [scripted:x] and [someone]"), differences);
    }
}
