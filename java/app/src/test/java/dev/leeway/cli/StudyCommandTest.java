package dev.leeway.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.eval.Csv;
import dev.leeway.io.FolderLock;
import dev.leeway.io.JsonFile;
import dev.leeway.io.ModelHash;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code leeway study} at smoke scale, which all tests share one run of. */
final class StudyCommandTest {

    private static final String NAME = "helpfulness-hurts";

    @TempDir
    private static Path folder;
    private static Cli whole;

    @BeforeAll
    static void carryOut() {
        whole = Cli.succeed(command("whole"));
    }

    private static Object[] command(String output, Object... more) {
        return Stream.concat(Stream.of("study", "run", NAME, "--scale", "smoke", "--output_dir", folder.resolve(output)), Stream.of(more))
            .toArray();
    }

    @Test
    void aSmokeRunEndsWithResultsAndAReport() throws IOException {
        assertTrue(whole.out().contains("Report: " + folder.resolve("whole/report.html")), whole.out());
        assertFalse(whole.out().contains("exploratory") || whole.out().contains("changed"), whole.out());
        var results = JsonFile.read(folder.resolve("whole/results.json"));
        assertEquals(6, results.requireObjects("arms").size(), "arms of one seed");
        assertEquals(23, results.requireObjects("contrasts").size());
        assertTrue(results.requireObjects("contrasts").stream().allMatch(contrast -> contrast.requireBoolean("sealed")));
        var page = Files.readString(folder.resolve("whole/report.html"));
        assertTrue(page.contains("leeway study run " + NAME + " --scale smoke --output_dir") && !page.contains("NaN"), "how to repeat it");
        assertTrue(whole.err().contains("[7/7]") && whole.err().contains("[30/30]"), whole.err());
        assertTrue(page.contains("20 of 84 items, evenly spread") && page.contains("Carla") && page.length() < 5_000_000, "answers");
        for (var section : new String[] {"Contrasts", "Exams", "Answers", "Arms and plan", "Training", "How to repeat it"}) {
            assertTrue(page.contains(">" + section + "</h2>"), section);
        }
    }

    @Test
    void everyModelHasACardThatNoHashCoversAndTablesHaveAllResults() throws IOException {
        var results = JsonFile.read(folder.resolve("whole/results.json"));
        assertEquals(23, Csv.records(folder.resolve("whole/contrasts.csv")).size());
        assertEquals(results.requireObjects("means").size(), Csv.records(folder.resolve("whole/means.csv")).size());
        assertFalse(Csv.records(folder.resolve("whole/items.csv")).isEmpty());
        var stages = results.requireObjects("arms").stream().flatMap(arm -> arm.requireObjects("stages").stream())
            .map(stage -> folder.resolve("whole/stages").resolve(stage.requireString("hash").substring(0, 16))).distinct().toList();
        assertEquals(7, stages.stream().filter(stage -> Files.exists(stage.resolve("README.md"))).count(), "a card a training");
        var card = stages.getFirst().resolve("README.md");
        var text = Files.readString(card);
        assertTrue(text.startsWith("---\nlibrary_name: leeway\n") && text.contains("says nothing about real ones"), text);
        var hash = ModelHash.of(card.getParent());
        Files.writeString(card, text + "more");
        assertEquals(hash, ModelHash.of(card.getParent()));
        Files.writeString(card, text);
    }

    @Test
    void whatIsThereIsNotDoneAgain() throws IOException {
        var before = contents("whole");
        var again = Cli.succeed(command("whole"));
        assertFalse(again.err().contains("["), again.err());
        assertSame(before, contents("whole"));
    }

    /** One folder: killed in a training, between two, asked to stop in an examination, killed in one. */
    @Test
    void aStudyThatIsKilledAnywhereGoesOnToTheSameResults() throws Exception {
        try (var child = Child.start(folder.resolve("training.log"), Optional.empty(), command("killed"))) {
            awaitFirstSteps(child);
            kill(child);
        }
        assertFalse(Files.exists(folder.resolve("killed/results.json")));
        try (var child = resume("between.log")) {
            child.awaitText("[2/7]");
            kill(child);
        }
        try (var child = resume("stopped.log")) {
            child.awaitText("[2/30]");
            assertFalse(child.text().contains("[1/7]"), "the first training is done once: " + child.text());
            child.signal("INT");
            assertEquals(0, child.await(), child.text());
            assertTrue(child.text().contains("stopped; leeway study resume " + folder.resolve("killed") + " goes on"), child.text());
        }
        try (var child = resume("exams.log")) {
            child.awaitText("[9/30]");
            kill(child);
        }
        assertFalse(Files.exists(folder.resolve("killed/results.json")));
        Cli.succeed("study", "resume", folder.resolve("killed"));
        assertArrayEquals(Files.readAllBytes(folder.resolve("whole/results.json")),
            Files.readAllBytes(folder.resolve("killed/results.json")));
    }

    private static Child resume(String log) throws IOException {
        return Child.start(folder.resolve(log), Optional.empty(), "study", "resume", folder.resolve("killed"));
    }

    private static void kill(Child child) throws IOException, InterruptedException {
        child.signal("KILL");
        assertEquals(137, child.await(), child.text());
    }

    private static void awaitFirstSteps(Child child) throws IOException, InterruptedException {
        child.awaitText("[1/7]");
        for (int i = 0; i < 6000 && !hasSteps(); i++) {
            assertTrue(child.process().isAlive(), "ended before it was killed: " + child.text());
            TimeUnit.MILLISECONDS.sleep(5);
        }
        assertFalse(child.text().contains("[2/7]"), "killed too late");
    }

    private static boolean hasSteps() throws IOException {
        var stages = folder.resolve("killed/stages");
        if (!Files.isDirectory(stages)) {
            return false;
        }
        try (var files = Files.walk(stages)) {
            for (var file : files.filter(path -> path.endsWith("metrics.jsonl")).toList()) {
                if (Files.size(file) > 0) {
                    return true;
                }
            }
            return false;
        }
    }

    /** A copy of what was carried out, sealed anew with another seed: what is trained is there, and was seen. */
    @Test
    void whatIsNotAsItWasSealedIsTold() throws IOException {
        copy("whole", "moved");
        Files.delete(folder.resolve("moved/seal.json"));
        Files.delete(folder.resolve("moved/results.json"));
        var plan = Cli.succeed("study", "plan", NAME, "--scale", "smoke", "--seeds", 5, "--output_dir", folder.resolve("moved"));
        assertTrue(plan.out().contains("7 trainings of 6 arms with 1 seed;") && plan.out().contains("sealed    "), plan.out());
        assertFalse(plan.out().contains("changed   "), "a new seed's models are new: " + plan.out());
        var found = Cli.succeed("study", "resume", folder.resolve("moved"));
        assertFalse(found.err().contains("["), "a folder that was moved has all that it had: " + found.err());
        assertTrue(found.out().contains("changed: terms: sealed ") && found.out().contains(" [exploratory]"), found.out());
        var results = JsonFile.read(folder.resolve("moved/results.json"));
        assertTrue(results.requireObjects("contrasts").stream().noneMatch(contrast -> contrast.requireBoolean("sealed")));
        assertTrue(Cli.succeed("study", "plan", NAME, "--scale", "smoke", "--output_dir", folder.resolve("moved")).out()
            .contains("changed   terms: sealed "), "a plan that is not the sealed one says so");
        assertTrue(Files.readString(folder.resolve("moved/report.html")).contains("exploratory"));
    }

    @Test
    void aStudyWithAStoreFindsWhatAnotherMadeThere() throws IOException {
        var found = Cli.succeed("study", "run", NAME, "--scale", "smoke", "--output_dir", folder.resolve("second"), "--store",
            folder.resolve("whole"));
        assertFalse(found.err().contains("["), found.err());
        assertTrue(found.out().contains("  changed: sealed when 7 trainings and 30 examinations were stored"), found.out());
        var results = JsonFile.read(folder.resolve("second/results.json"));
        assertTrue(results.requireObjects("contrasts").stream().noneMatch(contrast -> contrast.requireBoolean("sealed")),
            "another folder with the same store seals nothing that was seen");
        assertEquals(JsonFile.read(folder.resolve("whole/results.json")).node().get("means"), results.node().get("means"));
        assertTrue(Files.readString(folder.resolve("second/report.html")).contains("sealed when 7 trainings and 30 examinations"));
        assertFalse(Files.exists(folder.resolve("second/stages")));
        assertFalse(Cli.succeed("study", "resume", folder.resolve("second")).err().contains("["));
        try (var _ = FolderLock.acquire(folder.resolve("store"))) {
            refused("store is being written by this process", "study", "run", NAME, "--scale", "smoke", "--output_dir",
                folder.resolve("third"), "--store", folder.resolve("store"));
        }
        assertFalse(Files.exists(folder.resolve("third/seal.json")), "nothing is begun");
        try (var lock = FolderLock.acquire(folder.resolve("third"))) {
            assertTrue(lock.folder().endsWith("third"), "what was taken first was given back");
        }
    }

    @Test
    void whatIsWantedOtherwiseIsCarriedOutAndRecorded() throws IOException {
        var out = folder.resolve("otherwise");
        var run = Cli.succeed("study", "run", NAME, "--scale", "smoke", "--output_dir", out, "--store", folder.resolve("whole"), "--arms",
            "sft-help,sft-code", "--limit", 2, "--alpha", "0.1", "--correction", "bh", "--set", "sft-code.sft.learning_rate=1e-4");
        assertTrue(run.err().contains("contrast AHB: grpo-code − grpo-help is left out: it names grpo-code, grpo-help"), run.err());
        assertTrue(run.err().contains("sft of sft-code") && !run.err().contains("sft of sft-help"), "what is as it was is there: "
            + run.err());
        var results = JsonFile.read(out.resolve("results.json"));
        assertEquals(2, results.requireObjects("arms").size());
        assertEquals("bh", results.requireObject("terms").requireString("correction"));
        assertTrue(results.requireObjects("means").stream().allMatch(mean -> mean.requireInt("items") <= 2));
        assertTrue(JsonFile.read(out.resolve(StudyArguments.FILE)).requireStrings("arguments").contains("sft-code.sft.learning_rate=1e-4"));
        assertTrue(Files.readString(out.resolve("report.html")).contains("--arms sft-help,sft-code --limit 2 --alpha 0.1 --correction bh"),
            "how to repeat it");
        var changed = Cli.succeed("study", "plan", NAME, "--scale", "smoke", "--output_dir", out, "--store", folder.resolve("whole"),
            "--arms", "sft-help,sft-code", "--limit", 2, "--alpha", "0.1", "--correction", "bh");
        assertTrue(changed.out().contains("changed   arms: sft-code was changed after sealing"), changed.out());
        refused("there is no stage sfd", command("none", "--set", "sfd.learning_rate=1"));
        refused("sft has no option lerning_rate; did you mean \"--learning_rate\"?", command("none", "--set", "sft.lerning_rate=1"));
        refused("--limit must be positive; got 0; 2 more problems below", command("none", "--limit", 0, "--alpha", 2, "--correction",
            "bon"));
    }

    @Test
    void aFolderOfAnotherStudyIsRefusedAndLeftAsItIs() throws IOException {
        copyFile("whole/seal.json", "other/seal.json");
        var seal = folder.resolve("other/seal.json");
        Files.writeString(seal, Files.readString(seal).replace("\"" + NAME + "\"", "\"value-drifts\""));
        refused("seals the study value-drifts, not " + NAME + "; name another --output_dir", command("other"));
        refused("seals the study value-drifts, not " + NAME, "study", "plan", NAME, "--scale", "smoke", "--output_dir",
            folder.resolve("other"));
        assertFalse(Files.exists(folder.resolve("other/items")), "nothing is begun");
        assertFalse(Files.exists(folder.resolve("other/" + StudyArguments.FILE)));
    }

    @Test
    void aFolderThatAnotherRunWritesIsRefused() throws IOException {
        try (var _ = FolderLock.acquire(folder.resolve("taken"))) {
            refused("is being written by this process", command("taken"));
            refused("is being written by this process", "study", "plan", NAME, "--scale", "smoke", "--output_dir", folder.resolve("taken"));
        }
        assertFalse(Files.exists(folder.resolve("taken/seal.json")), "nothing is begun");
    }

    @Test
    void everythingThatIsWrongIsReportedAtOnce() {
        var result = Cli.run("study", "run", "helpfulness-hurt", "--scale", "huge", "--batch_size", 0, "--seeds", "1,1", "--dtype", "int4",
            "--data", folder.resolve("nowhere"));
        assertEquals(2, result.code());
        for (var sentence : new String[] {"there is no study helpfulness-hurt; there are " + NAME, "--output_dir is missing",
            "--scale must be one of smoke, toy, full; got huge", "--batch_size must be positive; got 0", "--seeds names one twice: [1, 1]",
            "--dtype must be float32", "nowhere is no folder"}) {
            assertTrue(result.err().contains(sentence), sentence + " in " + result.err());
        }
        refused("name a study; leeway study list has them all", "study", "run", "--output_dir", folder.resolve("none"));
        refused("has no study_args.json, so no study was run in it", "study", "resume", folder);
        assertFalse(Files.exists(folder.resolve("none")), "nothing is begun");
    }

    @Test
    void aReportIsWrittenAgainFromWhatIsStored() throws IOException {
        copy("whole", "told");
        Files.delete(folder.resolve("told/results.json"));
        Files.delete(folder.resolve("told/report.html"));
        var page = folder.resolve("page.html");
        var told = Cli.succeed("study", "report", folder.resolve("told"), "--output", page);
        assertTrue(told.out().contains("Report: " + page) && !told.err().contains("["), told.out() + told.err());
        assertTrue(Files.readString(page).contains("leeway study run " + NAME));
        assertFalse(Files.exists(folder.resolve("told/report.html")), "it went elsewhere");
        Cli.succeed("study", "report", folder.resolve("told"));
        assertTrue(Files.exists(folder.resolve("told/report.html")));
        assertArrayEquals(Files.readAllBytes(folder.resolve("whole/results.json")),
            Files.readAllBytes(folder.resolve("told/results.json")));
    }

    /** A file's name alone has no folder. */
    @Test
    void aReportGoesIntoTheCurrentFolderWhereItsNameIsBare() throws IOException {
        var page = Path.of("study-report-of-a-test.html");
        try {
            assertTrue(Cli.succeed("study", "report", folder.resolve("whole"), "--output", page).out().contains("Report: " + page));
            assertTrue(Files.readString(page).contains("leeway study run " + NAME));
        } finally {
            Files.deleteIfExists(page);
        }
    }

    @Test
    void whatOnlyFullScaleTakesIsRefusedBeforeAnythingIsWritten() {
        refused("--data has no place at --scale smoke", command("beside", "--data", folder));
        refused("--model_name_or_path has no place at --scale smoke, where a study makes its own models and data; leave it out, or ask for "
            + "--scale full; 1 more problem below:\n  --reference_model", command("beside", "--model_name_or_path", folder,
                "--reference_model", folder));
        refused("--data has no place with --planted", "study", "run", NAME, "--planted", "effect", "--data", folder, "--output_dir",
            folder.resolve("beside"));
        refused("--data is missing: at full scale, name the folder of the study's data (leeway study list says what is in it); 1 more "
            + "problem below:\n  --model_name_or_path is missing: mid-train of arm mid-trained begins with a base model", "study", "run",
            NAME, "--scale", "full", "--output_dir", folder.resolve("beside"));
        assertFalse(Files.exists(folder.resolve("beside")));
    }

    @Test
    void allFilesThatAreNotThereAreNamedAtOnce() throws IOException {
        var data = Files.createDirectories(folder.resolve("some-data"));
        Files.writeString(data.resolve("unified-feedback.jsonl"), "{}\n");
        var result = Cli.run("study", "run", "reward-values", "--scale", "full", "--data", data, "--output_dir", folder.resolve("absent"));
        assertEquals(3, result.code(), result.err());
        for (var file : new String[] {"skywork.jsonl", "gemma-2-2b-it", "llama-3.2-3b-instruct", "qwen2.5-3b-instruct"}) {
            assertTrue(result.err().contains(data.resolve(file).toString()), file + " in " + result.err());
        }
        assertFalse(result.err().contains("unified-feedback") || Files.exists(folder.resolve("absent")), result.err());
    }

    @Test
    void aPlanCountsEveryTraining() {
        var plan = Cli.succeed("study", "plan", "value-drifts", "--scale", "smoke", "--seeds", 0, "--output_dir", folder.resolve("drifts"))
            .out();
        assertFalse(plan.contains("not planned") || plan.contains("could not be planned") || plan.contains("not counted"), plan);
        assertTrue(plan.contains("the value model arm:") && plan.contains("matrices in float32"), plan);
        assertTrue(plan.contains("of what one question moves it ("), "one seed is tested over questions: " + plan);
        var nothing = Cli.succeed("study", "plan", "value-drifts", "--scale", "full", "--output_dir", folder.resolve("no-drifts")).out();
        assertTrue(nothing.contains("not planned: --model_name_or_path names no base model"), nothing);
        assertFalse(nothing.contains("memory    ") || nothing.contains("disk      "), nothing);
    }

    @Test
    void aReportOfAStudyThatIsNotFinishedNamesWhatIsMissing() throws IOException {
        copy("whole", "torn");
        for (var name : contents("torn").keySet()) {
            if (name.startsWith("exams/") && name.endsWith("outcomes.json") || name.startsWith("results") || name.startsWith("report")) {
                Files.delete(folder.resolve("torn").resolve(name));
            }
        }
        var before = contents("torn").keySet();
        var result = Cli.run("study", "report", folder.resolve("torn"));
        assertEquals(3, result.code(), result.err());
        assertTrue(result.err().startsWith("leeway study report: the study in " + folder.resolve("torn") + " is not finished: 30 "
            + "examinations are missing, AHB for mid-trained after mid-train, seed 0 first; leeway study resume " + folder.resolve("torn")),
            result.err());
        assertEquals(before, contents("torn").keySet(), "nothing was made");
        refused("has no study_args.json, so no study was run in it", "study", "report", folder);
    }

    @Test
    void theListNamesStudiesAndWhatTheyNeed() {
        var list = Cli.succeed("study", "list").out();
        assertTrue(list.contains(NAME + ": Does post-training") && list.contains("at full scale --model_name_or_path"), list);
    }

    private static void refused(String sentence, Object... arguments) {
        var result = Cli.run(arguments);
        assertEquals(2, result.code(), result.err());
        assertTrue(result.err().contains(sentence), sentence + " in " + result.err());
    }

    /** Files of a study, but for what locks it, by name. */
    private static Map<String, byte[]> contents(String name) throws IOException {
        var contents = new TreeMap<String, byte[]>();
        var root = folder.resolve(name);
        try (var files = Files.walk(root)) {
            for (var file : files.filter(Files::isRegularFile).filter(path -> !path.endsWith(FolderLock.NAME)).toList()) {
                contents.put(root.relativize(file).toString(), Files.readAllBytes(file));
            }
        }
        return contents;
    }

    private static void assertSame(Map<String, byte[]> expected, Map<String, byte[]> found) {
        assertEquals(expected.keySet(), found.keySet());
        expected.forEach((name, bytes) -> assertArrayEquals(bytes, found.get(name), name));
    }

    private static void copy(String from, String to) throws IOException {
        for (var name : contents(from).keySet()) {
            copyFile(from + "/" + name, to + "/" + name);
        }
    }

    private static void copyFile(String from, String to) throws IOException {
        Files.createDirectories(folder.resolve(to).getParent());
        Files.copy(folder.resolve(from), folder.resolve(to));
    }
}
