package dev.leeway.study;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.leeway.eval.Setting;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which weights are examined, and how often. */
final class SittingsTest {

    @TempDir
    private Path temporary;

    /** Every training keeps the middle and its end, which is another file with the same content. */
    private static Workshop keeping(ToyCrew crew) {
        return new Workshop() {
            @Override
            public boolean train(Training training) {
                boolean ended = crew.train(training);
                for (int step : List.of(2, 4)) {
                    try {
                        var folder = Files.createDirectories(training.output().resolve("checkpoint-" + step));
                        Files.copy(training.output().resolve("model.json"), folder.resolve("model.json"));
                    } catch (IOException failure) {
                        throw new UncheckedIOException(failure);
                    }
                }
                return ended;
            }

            @Override
            public List<Kept> kept(Path output) {
                return List.of(new Kept(2, output.resolve("checkpoint-2")), new Kept(4, output.resolve("checkpoint-4"), true));
            }
        };
    }

    private static Stage stage(String name, String effect) {
        return Stage.of(name, "sft", "texts", Map.of("effect", effect));
    }

    private StudyResults run(Exam.When when, ToyCrew crew, Stage... stages) {
        return study(when, crew, new StudyFolder(temporary.resolve(when.name())), stages).run().orElseThrow();
    }

    private static StudyRun study(Exam.When when, ToyCrew crew, StudyFolder folder, Stage... stages) {
        SequencedMap<String, Rows> rows = new LinkedHashMap<>();
        rows.put("texts", new Rows.Made("texts", 3, new LinkedHashMap<>(), true));
        var exam = new Exam("curve", "toy", Optional.empty(), new LinkedHashMap<>(), List.of(Setting.EvaluationPrompt.NONE),
            new Exam.Extent(when, 0, 0));
        var study = new Study(new Study.Title("toy", "How does it grow?", ""), rows, List.of(Arm.of("a", "an arm", stages)), List.of(exam),
            List.of(), new Study.Terms(List.of(0L), 0.05, "holm"));
        return new StudyRun(Plan.of(study, Optional.empty()), folder, new StudyRun.Crew(keeping(crew), crew, crew), Optional.empty(),
            StudyRun.Listener.SILENT);
    }

    private static List<String> sat(StudyResults results) {
        return results.outcomes().keySet().stream().map(sitting -> sitting.node().stage().name() + " " + sitting.step()).toList();
    }

    private static long examinations(ToyCrew crew) {
        return crew.done.stream().filter(work -> work.startsWith("examine")).count();
    }

    @Test
    void theEndIsExaminedOnceWhereItIsAKeptCheckpointToo() {
        var crew = new ToyCrew(4, 0.1);
        var results = run(Exam.When.CHECKPOINTS, crew, stage("base", "1"), stage("tuned", "2"));
        assertEquals(List.of("base 2", "base 4", "base -1", "tuned 2", "tuned 4", "tuned -1"), sat(results), "and is told as both");
        assertEquals(4, examinations(crew));
        var outcomes = List.copyOf(results.outcomes().values());
        assertEquals(outcomes.get(4), outcomes.get(5));
    }

    /** Asked as the last checkpoint by one study and as the arm's end by another, or the other way round. */
    @Test
    void whoSealsKnowsThatTheEndWasExaminedUnderItsOtherName() {
        for (var first : List.of(Exam.When.CHECKPOINTS, Exam.When.ARM_END)) {
            var second = first == Exam.When.ARM_END ? Exam.When.CHECKPOINTS : Exam.When.ARM_END;
            var crew = new ToyCrew(4, 0.1);
            run(first, crew, stage("base", "1"));
            crew.done.clear();
            var folder = new StudyFolder(temporary.resolve("after " + first), temporary.resolve(first.name()));
            folder.create();
            assertEquals(1, study(second, crew, folder, stage("base", "1")).seal().stored().examinations());
            assertEquals(List.of(), crew.done);
        }
    }

    @Test
    void aMergeBehindTheLastTrainingIsNoCheckpointOfIt() {
        var crew = new ToyCrew(4, 0.1);
        assertEquals(List.of("tuned 2", "tuned 4", "tuned -1"), sat(run(Exam.When.LAST_TRAINING, crew, stage("base", "1"),
            stage("tuned", "2"), Stage.merge())));
        assertEquals(2, examinations(crew));
    }
}
