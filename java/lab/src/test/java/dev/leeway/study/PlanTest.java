package dev.leeway.study;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.LeewayException;
import dev.leeway.study.Workshop.Training;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Arms that take the model of another arm. */
final class PlanTest {

    @TempDir
    private Path folder;

    @Test
    void anArmWhoseModelIsTakenIsTrainedBeforeWhoeverTakesIt() {
        var plan = Plan.of(study(rewardedBy("model:arm:judge"), judge("1")), Optional.empty());
        assertEquals(List.of("reward", "grpo", "reward", "grpo"), plan.nodes().stream().map(node -> node.stage().command()).toList());
        var trainings = new ArrayList<Training>();
        run(plan, trainings);
        var judge = trainings.getFirst().output();
        assertEquals("model:" + judge, trainings.get(1).options().get("reward_funcs"));
        assertNotEquals(judge, trainings.get(2).output(), "each seed has its own");
        assertEquals("model:" + trainings.get(2).output(), trainings.get(3).options().get("reward_funcs"));
    }

    @Test
    void anotherJudgeMakesAnotherTraining() {
        var one = Plan.of(study(rewardedBy("model:arm:judge"), judge("1")), Optional.empty()).nodes().get(1);
        var other = Plan.of(study(rewardedBy("model:arm:judge"), judge("2")), Optional.empty()).nodes().get(1);
        assertEquals(one.stage(), other.stage());
        assertNotEquals(one.hash(), other.hash());
    }

    @Test
    void anArmThatTakesItsOwnModelIsRefused() {
        var circle = study(rewardedBy("arm:judge"),
            Arm.of("judge", "", Stage.of("reward", "reward", "texts", Map.of("base", "arm:policy"))));
        var refusal = assertThrows(LeewayException.class, () -> Plan.of(circle, Optional.empty()));
        assertEquals("arm policy takes its own last model, by way of policy, judge", refusal.getMessage());
    }

    @Test
    void anArmThatThereIsNotIsNamed() {
        var refusal = assertThrows(LeewayException.class, () -> study(rewardedBy("arm:nobody"), judge("1")));
        assertTrue(refusal.getMessage().contains("stage grpo of arm policy takes the model of nobody, which there is not"),
            refusal.getMessage());
    }

    private static Arm rewardedBy(String reward) {
        return Arm.of("policy", "", Stage.of("grpo", "grpo", "texts", Map.of("reward_funcs", reward)));
    }

    private static Arm judge(String rate) {
        return Arm.of("judge", "", Stage.of("reward", "reward", "texts", Map.of("learning_rate", rate)));
    }

    private static Study study(Arm... arms) {
        SequencedMap<String, Rows> rows = new LinkedHashMap<>();
        rows.put("texts", new Rows.Made("texts", 3, new LinkedHashMap<>(), true));
        return new Study(new Study.Title("toy", "?", ""), rows, List.of(arms), List.of(), List.of(),
            new Study.Terms(List.of(0L, 1L), 0.05, "holm"));
    }

    private void run(Plan plan, List<Training> trainings) {
        var toy = new ToyCrew(1, 0);
        var workshop = new Workshop() {
            @Override
            public boolean train(Training training) {
                trainings.add(training);
                return toy.train(training);
            }

            @Override
            public List<Kept> kept(Path output) {
                return List.of();
            }
        };
        new StudyRun(plan, new StudyFolder(folder), new StudyRun.Crew(workshop, toy, toy), Optional.empty(),
            StudyRun.Listener.SILENT).run();
    }
}
