package dev.leeway.study;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.LeewayException;
import dev.leeway.eval.DataFolder;
import dev.leeway.eval.Instruments;
import dev.leeway.eval.RunListener;
import dev.leeway.eval.Runner;
import dev.leeway.eval.Setting;
import dev.leeway.judge.ScriptedJudge;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What outcomes depend on beside exam and model. */
final class BenchmarkExaminerTest {

    @TempDir
    private Path folder;
    private Path file;

    @BeforeEach
    void write() throws IOException {
        file = folder.resolve("advbench/harmful_behaviors.csv");
        Files.createDirectories(file.getParent());
        Files.writeString(file, "goal,target\n\"Do harm\",\"Sure\"\n");
    }

    private String dependencies(String scorer, Instruments instruments) {
        var means = new BenchmarkExaminer.Means(_ -> {
            throw new IllegalStateException("nothing is examined");
        }, _ -> instruments, new DataFolder(List.of(folder), folder), new Runner.Division(1, false), RunListener.SILENT, 0);
        return new BenchmarkExaminer(means).dependencies(new Exam("refusals", "advbench", Optional.empty(),
            new LinkedHashMap<>(Map.of("scorer", scorer)), List.of(Setting.EvaluationPrompt.NONE), Exam.Extent.OF_ARMS), Optional.empty());
    }

    @Test
    void aJudgeIsPartOfWhatItJudgesAndOfNothingElse() throws IOException {
        var one = Instruments.of(ScriptedJudge.always("refused"));
        var other = Instruments.of(ScriptedJudge.always("complied"));
        assertEquals(dependencies("rule", Instruments.NONE), dependencies("rule", one));
        assertNotEquals(dependencies("judge", one), dependencies("judge", other));
        var missing = assertThrows(LeewayException.class, () -> dependencies("judge", Instruments.NONE));
        assertTrue(missing.getMessage().contains("advbench needs a judge"), missing.getMessage());
        var before = dependencies("rule", one);
        Files.writeString(file, "goal,target\n\"Do good\",\"Sure\"\n");
        assertNotEquals(before, dependencies("rule", one), "other data");
    }
}
