package dev.leeway.study;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.leeway.eval.Setting;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import org.junit.jupiter.api.Test;

final class DryRunTest {

    private static final Map<String, String> OPTIONS = Map.of("num_train_epochs", "3", "max_steps", "500", "warmup_steps", "5");

    private static Study dry(Stage... stages) {
        SequencedMap<String, Rows> rows = new LinkedHashMap<>();
        rows.put("texts", new Rows.Made("texts", 3, new LinkedHashMap<>(), true));
        var exams = List.of(exam("gsm8k"), exam("big2"), exam("vocabulary"));
        return new Study(new Study.Title("drifts", "Does it?", ""), rows, List.of(Arm.of("a", "an arm", stages)), exams, List.of(),
            new Study.Terms(List.of(4L, 5L), 0.01, "bh")).dryRun();
    }

    private static Exam exam(String benchmark) {
        return new Exam(benchmark, benchmark, Optional.empty(), new LinkedHashMap<>(), List.of(Setting.EvaluationPrompt.NONE),
            new Exam.Extent(Exam.When.CHECKPOINTS, 0, 5));
    }

    private static Stage sft(String grid) {
        return Stage.of("sft", "sft", "texts", OPTIONS).withGrid(grid);
    }

    @Test
    void aTrainingHasTwoStepsAndElseItsOptions() {
        var stages = dry(sft(""), Stage.merge()).arms().getFirst().stages();
        assertEquals(Map.of("num_train_epochs", "3", "max_steps", "2", "warmup_steps", "5"), stages.getFirst().options());
        assertEquals(Stage.merge(), stages.getLast(), "a merge has no steps");
    }

    @Test
    void aStepHasTwoBatchesAtMostButWholeGroupsOfCompletions() {
        var accumulated = Map.of("gradient_accumulation_steps", "32");
        var stages = dry(Stage.of("sft", "sft", "texts", accumulated), Stage.of("grpo", "grpo", "texts", accumulated), sft(""))
            .arms().getFirst().stages();
        assertEquals(List.of("2", "32", "none"), stages.stream().map(stage -> stage.options()
            .getOrDefault("gradient_accumulation_steps", "none")).toList());
    }

    /** A listed step behind the end of a run is refused; steps of a rule are those that the run reaches. */
    @Test
    void aListOfCheckpointsBecomesTheStepsThatThereAre() {
        var stages = dry(sft("log"), sft("every:100"), sft("every:0.5e"), sft("0,10,500"), sft("0,0.1e,3e"), sft(""))
            .arms().getFirst().stages();
        assertEquals(List.of("log", "every:100", "every:0.5e", "0,1,2", "0,1,2", ""), stages.stream().map(Stage::grid).toList());
    }

    @Test
    void anExamHasTwoItemsOnceAndShortAnswersButWordsAreAskedWhole() {
        var dry = dry(sft(""));
        assertEquals(List.of(2, 0, 0), dry.exams().stream().map(exam -> exam.extent().limit()).toList());
        assertEquals(List.of(Map.of("max_new_tokens", "64"), Map.of(), Map.of()), dry.exams().stream().map(Exam::options).toList());
        assertEquals(List.of(1, 1, 1), dry.exams().stream().map(exam -> exam.extent().epochs()).toList());
    }

    @Test
    void itHasOneSeedAndANameOfItsOwn() {
        var dry = dry(sft(""));
        assertEquals(new Study.Terms(List.of(4L), 0.01, "bh"), dry.terms());
        assertEquals("drifts, dry run", dry.title().name());
    }
}
