package dev.leeway.study;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.LeewayException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;

/** A study that somebody wants otherwise. */
final class OverridesTest {

    private static final Study STUDY = Studies.named("helpfulness-hurts").at(Scale.SMOKE, java.nio.file.Path.of(""));

    /** Their benchmarks take no limit, and would refuse it when all is trained. */
    @Test
    void examsOfWordsKeepAllTheirItemsAndSaySo() {
        var study = Studies.named("reward-values").at(Scale.SMOKE, java.nio.file.Path.of(""));
        var applied = new Overrides(List.of(), List.of(), 3, OptionalDouble.empty(), Optional.empty()).apply(study);
        var whole = study.exams().stream().filter(DryRun::isWhole).toList();
        assertFalse(whole.isEmpty());
        assertTrue(applied.study().exams().containsAll(whole));
        assertEquals(whole.size(), applied.said().size());
    }

    private static Overrides.Applied set(String... assignments) {
        return new Overrides(List.of(assignments), List.of(), 0, OptionalDouble.empty(), Optional.empty()).apply(STUDY);
    }

    private static Stage stage(Study study, String arm, String stage) {
        return study.arm(arm).stages().stream().filter(one -> one.name().equals(stage)).findFirst().orElseThrow();
    }

    private static void refused(String sentence, String assignment) {
        var failure = assertThrows(LeewayException.class, () -> set(assignment));
        assertTrue(failure.getMessage().contains(sentence), failure.getMessage());
    }

    @Test
    void nothingChangesNothing() {
        assertEquals(new Overrides.Applied(STUDY, List.of()), Overrides.NONE.apply(STUDY));
    }

    @Test
    void anOptionIsSetInAllArmsOrInOne() {
        var all = set("sft.learning_rate=0.5", "sft.save_at=log").study();
        assertEquals("0.5", stage(all, "sft-help", "sft").options().get("learning_rate"));
        assertEquals("0.5", stage(all, "sft-code", "sft").options().get("learning_rate"));
        assertEquals("log", stage(all, "sft-code", "sft").grid());
        assertEquals(STUDY.arm("mid-trained"), all.arm("mid-trained"));
        var one = set("sft-help.sft.learning_rate=a=b.c").study();
        assertEquals("a=b.c", stage(one, "sft-help", "sft").options().get("learning_rate"));
        assertEquals(STUDY.arm("sft-code"), one.arm("sft-code"));
        var without = set("sft.lr_scheduler_type=").study();
        assertTrue(!stage(without, "sft-help", "sft").options().containsKey("lr_scheduler_type"));
        assertEquals(Map.of(), set("sft-help.sft.lr_scheduler_type=", "sft-help.sft.learning_rate=", "sft-help.sft.max_steps=",
            "sft-help.sft.per_device_train_batch_size=").study().arm("sft-help").stages().getLast().options());
    }

    @Test
    void whatTheStudyHasNotIsRefusedWithTheNearestName() {
        refused("there is no stage sfd; did you mean \"sft\"?", "sfd.learning_rate=1");
        refused("there is no stage sft-help.grpo", "sft-help.grpo.learning_rate=1");
        refused("is not STAGE.option=value", "learning_rate=1");
        refused("is not STAGE.option=value", "sft.learning_rate");
        refused("output_dir is the study's to give", "sft.output_dir=elsewhere");
        var arms = new Overrides(List.of(), List.of("sft-hlep"), 0, OptionalDouble.empty(), Optional.empty());
        assertTrue(assertThrows(LeewayException.class, () -> arms.apply(STUDY)).getMessage()
            .contains("there is no arm sft-hlep; did you mean \"sft-help\"?"));
    }

    @Test
    void armsThatStayTakeTheirContrastsAlong() {
        var applied = new Overrides(List.of(), List.of("sft-code", "sft-help"), 3, OptionalDouble.of(0.01), Optional.of("bh"))
            .apply(STUDY);
        var study = applied.study();
        assertEquals(List.of("sft-help", "sft-code"), study.arms().stream().map(Arm::name).toList());
        assertTrue(study.contrasts().stream().allMatch(contrast -> contrast.cells().stream().allMatch(cell ->
            cell.arm().startsWith("sft-"))), study.contrasts()::toString);
        assertTrue(study.contrasts().size() < STUDY.contrasts().size());
        assertEquals(STUDY.contrasts().size() - study.contrasts().size(), applied.said().size());
        assertTrue(applied.said().getFirst().equals("contrast AHB: grpo-code − grpo-help is left out: it names grpo-code, grpo-help"),
            applied.said()::toString);
        assertTrue(study.exams().stream().allMatch(exam -> exam.extent().limit() == 3));
        assertEquals(new Study.Terms(STUDY.terms().seeds(), 0.01, "bh"), study.terms());
    }

    @Test
    void anArmWhoseModelIsTakenStays() {
        var last = STUDY.arms().getLast();
        var taking = Arm.of("taking", "takes a model", Stage.of("sft", "sft", "helpful chats", Map.of("ref_model", "arm:" + last.name())));
        var arms = new ArrayList<>(STUDY.arms());
        arms.add(taking);
        var study = new Study(STUDY.title(), STUDY.rows(), arms, STUDY.exams(), STUDY.contrasts(), STUDY.terms());
        var applied = new Overrides(List.of(), List.of("taking"), 0, OptionalDouble.empty(), Optional.empty()).apply(study);
        assertEquals(List.of(last.name(), "taking"), applied.study().arms().stream().map(Arm::name).toList());
        assertTrue(applied.said().contains("arm " + last.name() + " stays: taking takes its model"), applied.said()::toString);
    }
}
