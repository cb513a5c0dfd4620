package dev.leeway.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.LeewayException;
import dev.leeway.study.Arm;
import dev.leeway.study.Exam;
import dev.leeway.study.Examiner;
import dev.leeway.study.Plan;
import dev.leeway.study.Rows;
import dev.leeway.study.Stage;
import dev.leeway.study.Study;
import dev.leeway.study.StudyFolder;
import dev.leeway.study.StudyResults;
import dev.leeway.study.StudyRun;
import dev.leeway.study.Workshop;
import dev.leeway.study.Workshop.Training;
import dev.leeway.study.toy.ToyMaterials;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Stages of a study as commands: what they say when they fail, and what is left then. */
final class CommandWorkshopTest {

    private static final CommandWorkshop WORKSHOP = new CommandWorkshop(Map.of("threads", "1"), () -> false);
    private static final Examiner NO_EXAMINER = new Examiner() {
        @Override
        public Optional<List<Outcome>> examine(Exam exam, Path model, Optional<Path> data, Path output) {
            throw new AssertionError("there is no exam");
        }

        @Override
        public String dependencies(Exam exam, Optional<Path> data) {
            throw new AssertionError("there is no exam");
        }
    };

    @TempDir
    private Path folder;

    private Path rows(String name, String row) throws IOException {
        return Files.writeString(folder.resolve(name), (row + "\n").repeat(4));
    }

    private static Stage tuned(String rows) {
        return Stage.of("tuned", "sft", rows, Map.of("max_steps", "1"));
    }

    /** Two arms on one base, the second on other rows. */
    private Study study(String second) throws IOException {
        SequencedMap<String, Rows> rows = new LinkedHashMap<>();
        rows.put("good", new Rows.Given(rows("good.jsonl", "{\"prompt\": \"a\", \"completion\": \" b\"}")));
        rows.put("bad", new Rows.Given(rows("bad.jsonl", second)));
        return new Study(new Study.Title("two", "Does it end?", ""), rows, List.of(Arm.of("whole", "on good rows", tuned("good")),
            Arm.of("broken", "on others", tuned("bad"))), List.of(), List.of(), new Study.Terms(List.of(0L), 0.05, "none"));
    }

    private static Optional<StudyResults> run(Plan plan, StudyFolder output, Path model) {
        return new StudyRun(plan, output, new StudyRun.Crew(WORKSHOP, NO_EXAMINER, new ToyMaterials()), Optional.of(model),
            new StudyProgress(new PrintWriter(Writer.nullWriter()))).run();
    }

    @Test
    void aStageThatFailsEndsWithItsCommandsSentenceAndWhatIsDoneStays() throws IOException {
        var model = TinyModel.model(folder);
        var plan = Plan.of(study("{\"prompt\": \"a\", "), Optional.of("base"));
        var output = new StudyFolder(folder.resolve("out"));
        var failure = assertThrows(LeewayException.class, () -> run(plan, output, model));
        assertEquals(LeewayException.Kind.DATA, failure.kind(), failure.getMessage());
        assertTrue(failure.getMessage().startsWith("leeway sft: ") && failure.getMessage().contains("bad.jsonl:1")
            && failure.getMessage().contains("(all it said is in " + output.stage(plan.nodes().get(1)) + ".log)"), failure.getMessage());
        assertTrue(output.isDone(plan.nodes().get(0)));
        assertFalse(output.isDone(plan.nodes().get(1)));

        var finished = Files.getLastModifiedTime(output.stage(plan.nodes().get(0)).resolve("model.safetensors"));
        assertTrue(run(Plan.of(study("{\"prompt\": \"a\", \"completion\": \" c\"}"), Optional.of("base")), output, model).isPresent());
        assertEquals(finished, Files.getLastModifiedTime(output.stage(plan.nodes().get(0)).resolve("model.safetensors")));
    }

    @Test
    void anOptionThatACommandDoesNotHaveIsItsRefusal() throws IOException {
        var options = new LinkedHashMap<>(Map.of("lora_aplha", "3"));
        var failure = assertThrows(LeewayException.class, () -> WORKSHOP.train(new Training("sft", options, "",
            Optional.of(TinyModel.model(folder)), Optional.of(rows("rows.jsonl", "{\"text\": \"a b\"}")), 0, folder.resolve("out"))));
        assertEquals(LeewayException.Kind.USAGE, failure.kind());
        assertTrue(failure.getMessage().contains("lora_aplha"), failure.getMessage());
    }

    private LeewayException failure(Map<String, String> options, Path model) {
        return assertThrows(LeewayException.class, () -> WORKSHOP.train(new Training("sft", new LinkedHashMap<>(options), "",
            Optional.of(model), Optional.of(rows("rows.jsonl", "{\"text\": \"a b\"}")), 0, folder.resolve("out"))));
    }

    @Test
    void anEarlierAttemptsSentenceIsNotTold() throws IOException {
        var model = TinyModel.model(folder);
        assertTrue(failure(Map.of("lora_aplha", "3"), model).getMessage().contains("lora_aplha"));
        var second = failure(Map.of("dataset_text_field", "\uFFFD"), model).getMessage();
        assertTrue(second.contains("not readable in this locale"), second);
        assertFalse(second.contains("lora_aplha"), second);
    }

    @Test
    void allProblemsOfAStageAreTold() throws IOException {
        var said = failure(Map.of("lora_aplha", "3", "learning_rat", "1", "max_stepz", "2"), TinyModel.model(folder)).getMessage();
        assertTrue(said.contains(" 2 more problems below:"), said);
        assertTrue(said.contains("lora_aplha") && said.contains("learning_rat") && said.contains("max_stepz"), said);
    }

    @Test
    void aMergeThatCameToItsEndIsNotRefusedWhenItsStudyGoesOn() throws IOException {
        var rows = rows("rows.jsonl", "{\"prompt\": \"a\", \"completion\": \" b\"}");
        var tuned = folder.resolve("tuned");
        assertTrue(WORKSHOP.train(new Training("sft", new LinkedHashMap<>(Map.of("max_steps", "1", "use_peft", "true")), "",
            Optional.of(TinyModel.model(folder)), Optional.of(rows), 0, tuned)));
        var merge = new Training("merge", new LinkedHashMap<>(), "", Optional.of(tuned), Optional.empty(), 0, folder.resolve("merged"));
        assertTrue(WORKSHOP.train(merge));
        var config = folder.resolve("merged/config.json");
        assertTrue(Files.exists(config));
        assertTrue(WORKSHOP.train(merge), "killed before the study noted it");
    }

    /** Of a run that was saved by steps too, and would have been by the clock. */
    @Test
    void onlyCheckpointsOfTheGridAreExamined() throws IOException {
        var output = folder.resolve("out");
        assertTrue(WORKSHOP.train(new Training("sft", new LinkedHashMap<>(Map.of("max_steps", "4", "save_steps", "1")), "0,2",
            Optional.of(TinyModel.model(folder)), Optional.of(rows("rows.jsonl", "{\"text\": \"a b\"}")), 0, output)));
        assertEquals(List.of(0, 2), WORKSHOP.kept(output).stream().map(Workshop.Kept::step).toList());
    }

    @Test
    void aCheckpointWithTheWeightsOfTheEndIsSaidToBeIt() throws IOException {
        var output = folder.resolve("out");
        assertTrue(WORKSHOP.train(new Training("sft", new LinkedHashMap<>(Map.of("max_steps", "2", "use_peft", "true")), "0,1,2",
            Optional.of(TinyModel.model(folder)), Optional.of(rows("rows.jsonl", "{\"prompt\": \"a\", \"completion\": \" b\"}")), 0,
            output)));
        assertEquals(List.of(false, false, true), WORKSHOP.kept(output).stream().map(Workshop.Kept::isEnd).toList());

        var note = output.resolve(SameWeights.NOTE);
        var noted = Files.readString(note);
        Files.writeString(note, "{\"steps\": [1]}");
        assertEquals(List.of(false, true, false), WORKSHOP.kept(output).stream().map(Workshop.Kept::isEnd).toList(), "not compared again");
        Files.delete(note);
        assertEquals(List.of(false, false, true), WORKSHOP.kept(output).stream().map(Workshop.Kept::isEnd).toList(), "of an older study");
        assertEquals(noted, Files.readString(note));
    }

    @Test
    void nothingIsBegunInAStudyThatWasAskedToStop() throws IOException {
        var output = folder.resolve("out");
        assertFalse(new CommandWorkshop(Map.of(), () -> true).train(new Training("sft", new LinkedHashMap<>(), "",
            Optional.of(TinyModel.model(folder)), Optional.empty(), 0, output)));
        assertFalse(Files.exists(output));
    }
}
