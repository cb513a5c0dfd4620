package dev.leeway.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.LeewayException;
import dev.leeway.study.Scale;
import dev.leeway.study.Seal;
import dev.leeway.study.Studies;
import dev.leeway.study.Study;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a study seals of files that options of its stages name. */
final class DataPathsTest {

    @TempDir
    private Path folder;

    private static Study full(Path data) {
        return new DataPaths(data).named(Studies.named("helpfulness-hurts").at(Scale.FULL, data));
    }

    private static String reward(Study study) {
        return study.arm("grpo-help").stages().stream().filter(stage -> stage.name().equals("grpo")).findFirst().orElseThrow().options()
            .get("reward_funcs");
    }

    private Path data(String name, String weights) throws IOException {
        var model = Files.createDirectories(folder.resolve(name).resolve("reward-model"));
        Files.writeString(model.resolve("config.json"), "{}");
        Files.writeString(model.resolve("model.safetensors"), weights);
        return folder.resolve(name);
    }

    @Test
    void theSameContentElsewhereIsSealedAsTheSame() throws IOException {
        var here = full(data("here", "weights"));
        var there = full(data("there", "weights"));
        assertEquals(Seal.of(here), Seal.of(there));
        assertFalse(Seal.of(here).toString().contains(folder.toString()), "no path of this machine");
        assertNotEquals(reward(here), reward(full(data("other", "heights"))));
    }

    @Test
    void aNameBecomesItsPathAgain() throws IOException {
        var data = data("here", "weights");
        var named = reward(full(data));
        assertTrue(named.matches("model:data:reward-model#[0-9a-f]{16}"), named);
        assertEquals("model:" + data.resolve("reward-model"), new DataPaths(data).path(named));
        assertEquals("length:4,model:" + data.resolve("reward-model"), new DataPaths(data).path("length:4," + named));
        assertEquals("model:data:missing#absent", reward(full(folder.resolve("nothing"))).replace("reward-model", "missing"));
        assertEquals("model:arm:judge", new DataPaths(data).path("model:arm:judge"));
    }

    /** Weights differ where no sample of them would look. */
    @Test
    void allOfAModelsFilesAreHashed() throws IOException {
        var weights = "w".repeat(5 << 20);
        var one = data("one", weights);
        var other = data("other", weights.substring(0, weights.length() / 2) + "v" + weights.substring(weights.length() / 2 + 1));
        assertNotEquals(reward(full(one)), reward(full(other)));
    }

    private static StudyOptions options(String... set) {
        var options = new StudyOptions();
        options.name = Optional.of("helpfulness-hurts");
        options.scale = "smoke";
        options.overrides.set = List.of(set);
        return options;
    }

    private static String given(StudyOptions options, String option) {
        return given(options, "sft-help", option);
    }

    @Test
    void aFileThatIsSetIsKnownByItsContentAndFoundByItsPath() throws IOException {
        var file = Files.writeString(folder.resolve("pool.txt"), "Be kind.\n");
        var relative = Path.of("").toAbsolutePath().relativize(file.toAbsolutePath());
        var options = options("sft.prompt_file=" + relative);
        var named = given(options, "prompt_file");
        assertTrue(named.matches("file:pool\\.txt#[0-9a-f]{16}"), named);
        assertEquals(file.toAbsolutePath().normalize().toString(), options.paths().path(named));
        var before = options.plan().nodes().getLast().hash();
        assertEquals(before, options("sft.prompt_file=" + file).plan().nodes().getLast().hash(), "wherever it is named from");
        Files.writeString(file, "Be brief.\n");
        assertNotEquals(named, given(options("sft.prompt_file=" + file), "prompt_file"));
        assertEquals("made:prompts:capitals#prompts.txt", given(options("sft.prompt_file=made:prompts:capitals#prompts.txt"),
            "prompt_file"));
    }

    private static String given(StudyOptions options, String arm, String option) {
        return options.study().arm(arm).stages().stream().filter(stage -> stage.options().containsKey(option)).findFirst()
            .orElseThrow().options().get(option);
    }

    /** A training appends to it, and would be another one when it goes on. */
    @Test
    void aFileThatAStageWritesIsKnownByItsPathAlone() throws IOException {
        var file = folder.resolve("judge.jsonl").toAbsolutePath().normalize();
        var set = "grpo.judge_cache=" + Path.of("").toAbsolutePath().relativize(file);
        var options = options(set);
        var problems = new Problems();
        options.overrides.check(problems);
        problems.throwIfAny();
        assertEquals(file.toString(), given(options, "grpo-help", "judge_cache"));
        Files.writeString(file, "an answer");
        assertEquals(options.plan().nodes(), options("grpo.judge_cache=" + file).plan().nodes());
        var root = options(set);
        root.data = Optional.of(folder);
        assertEquals(file.toString(), given(root, "grpo-help", "judge_cache"), "below --data too");
    }

    @Test
    void theNameOfAFileMayHaveCommas() throws IOException {
        var file = Files.writeString(folder.resolve("a,b.txt"), "Be kind.\n");
        var set = "sft.prompt_file=" + file;
        for (var data : List.of(Optional.<Path>empty(), Optional.of(folder))) {
            var options = options(set);
            options.data = data;
            var problems = new Problems();
            options.overrides.check(problems);
            problems.throwIfAny();
            var named = given(options, "prompt_file");
            assertTrue(named.matches("(file|data):a,b\\.txt#[0-9a-f]{16}"), named);
            assertEquals(file.toString(), options.paths().path(named));
        }
        var folders = new DataPaths(folder);
        assertEquals(folder.resolve("a") + "," + folder.resolve("b,c"), folders.path("data:a#0123456789abcdef,data:b,c#absent"));
    }

    /** One that is new must be put among those that are read or those that are written. */
    @Test
    void everyOptionOfAPathIsReadOrWritten() {
        var written = StageOptions.ofPaths().entrySet().stream().filter(option -> option.getValue() == StageOptions.Kind.WRITTEN)
            .map(Map.Entry::getKey).collect(Collectors.toSet());
        assertEquals(Set.of("judge_cache", "output_dir", "output_file"), written);
        var read = new TreeSet<>(StageOptions.ofPaths().keySet());
        read.removeAll(written);
        assertEquals(List.of("adapter", "config", "config_name_or_path", "data", "dataset_name", "eval_benchmark_data", "evaluation_prompt",
            "judge_template", "model_name_or_path", "prompt_file", "ref_model", "reference", "reference_model", "tokenizer_name",
            "value_model"), List.copyOf(read));
    }

    @Test
    void aFileThatIsSetAndNotThereIsRefused() {
        var problems = new Problems();
        options("sft.prompt_file=none.txt", "sft.learning_rate=1e-4", "grpo.reward_funcs=length:4,model:none").overrides.check(problems);
        var failure = assertThrows(LeewayException.class, problems::throwIfAny);
        assertTrue(failure.getMessage().contains("--set sft.prompt_file=none.txt: there is no " + Path.of("none.txt").toAbsolutePath())
            && failure.getMessage().contains("there is no " + Path.of("none").toAbsolutePath()), failure.getMessage());
    }
}
