package dev.leeway.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.LeewayException;
import dev.leeway.study.Seal;
import dev.leeway.study.Stage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

final class StudyArgumentsTest {

    private static final CommandLine RUN = StudyCommand.line().getSubcommands().get("run");

    @TempDir
    private Path folder;

    private static List<String> of(String... words) {
        return StudyArguments.of(List.of(words), RUN.getCommandSpec()).words();
    }

    private static String absolute(String path) {
        return Path.of("").toAbsolutePath().resolve(path).normalize().toString();
    }

    @Test
    void pathsAreKeptAbsoluteAndNothingElseIsTouched() {
        assertEquals(List.of("study", "run", "--data", absolute("data"), "helpfulness-hurts",
            "--model_name_or_path=" + absolute("../llama"), "--scale", "full", "--seeds=0,1", "--output_dir", absolute("o"),
            "--judge_cache",
            absolute("j.jsonl"), "--store=" + absolute("../s")),
            of("study", "run", "--data", "./data", "helpfulness-hurts", "--model_name_or_path=../llama", "--scale", "full", "--seeds=0,1",
                "--output_dir", "o", "--judge_cache", "j.jsonl", "--store=../s"));
    }

    @Test
    void filesThatAreSetAreKeptAbsolute() {
        assertEquals(List.of("--set", "sft.prompt_file=" + absolute("pool.txt"),
            "--set=grpo.reward_funcs=length:4,model:" + absolute("../m"), "--set", "sft.learning_rate=1e-4", "--set",
            "sft.prompt_file=made:prompts:capitals#prompts.txt", "--set",
            "grpo.reward_funcs=model:arm:judge", "--set", "sft.prompt_file="),
            of("--set", "sft.prompt_file=pool.txt", "--set=grpo.reward_funcs=length:4,model:../m", "--set", "sft.learning_rate=1e-4",
                "--set", "sft.prompt_file=made:prompts:capitals#prompts.txt", "--set", "grpo.reward_funcs=model:arm:judge", "--set",
                "sft.prompt_file="));
        assertEquals(List.of("--set", "grpo.judge_cache=" + absolute("j.jsonl"), "--set", "sft.prompt_file=" + absolute("a,b.txt")),
            of("--set", "grpo.judge_cache=j.jsonl", "--set", "sft.prompt_file=a,b.txt"), "what is written too, and names with commas");
    }

    /** A judge's name is a folder's or an endpoint's. */
    @Test
    void judgesAreFoldersWhereThereAreSuch() {
        var named = Path.of("").toAbsolutePath().relativize(folder.toAbsolutePath()).toString();
        assertEquals(List.of("--judge_model", folder.toAbsolutePath() + ",gemini/flash"), of("--judge_model", named + ",gemini/flash"));
        assertEquals(List.of("--judge_model", "scripted:a|b"), of("--judge_model", "scripted:a|b"));
    }

    @Test
    void aFolderThatWasMovedIsNamedAsItIsNow() throws IOException {
        Files.createDirectories(folder);
        new StudyArguments(of("study", "run", "--output_dir=old", "helpfulness-hurts", "--output_dir", "older")).write(folder);
        assertEquals(List.of("study", "run", "helpfulness-hurts", "--output_dir", "here"), StudyArguments.read(folder).in(Path.of("here"))
            .words());
        var none = assertThrows(LeewayException.class, () -> StudyArguments.read(folder.resolve("none")));
        assertTrue(none.getMessage().endsWith("has no study_args.json, so no study was run in it; name the --output_dir of one"),
            none.getMessage());
    }

    @Test
    void wordsAreQuotedWhereAShellWouldReadThem() {
        assertEquals("study run --judge_model 'scripted:a|b c' --set 'a.b=it'\\''s' --limit 2",
            new StudyArguments(List.of("study", "run", "--judge_model", "scripted:a|b c", "--set", "a.b=it's", "--limit", "2")).text());
    }

    /** A dry run is short, and of one seed, whatever is wanted otherwise. */
    @Test
    void aDryRunHasTheLastWord() {
        var options = new StudyOptions();
        options.name = Optional.of("helpfulness-hurts");
        options.scale = "smoke";
        options.dryRun = true;
        options.seeds = List.of(7L, 8L);
        options.overrides.limit = Optional.of(50);
        options.overrides.set = List.of("sft.max_steps=500");
        var study = options.study();
        assertEquals(List.of(7L), study.terms().seeds());
        assertTrue(study.exams().stream().allMatch(exam -> exam.extent().limit() == 2));
        assertTrue(study.arms().stream().flatMap(arm -> arm.stages().stream()).filter(Stage::trains)
            .allMatch(stage -> stage.options().get("max_steps").equals("2")));
    }

    /** Stages at full scale name files of the data folder, and are stored under what they name. */
    @Test
    void aStudyIsTheSameWhereverItsDataAreNamedFrom() {
        var relative = new StudyOptions();
        relative.name = Optional.of("helpfulness-hurts");
        relative.scale = "full";
        relative.data = Optional.of(Path.of("data"));
        var absolute = new StudyOptions();
        absolute.name = relative.name;
        absolute.scale = relative.scale;
        absolute.data = Optional.of(Path.of(absolute("data")));
        assertEquals(Seal.of(absolute.study()).toString(), Seal.of(relative.study()).toString());
        assertFalse(relative.study().arms().isEmpty());
    }
}
