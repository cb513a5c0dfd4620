package dev.leeway.study.drifts;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.io.JsonFile;
import dev.leeway.io.JsonObject;
import dev.leeway.report.Page;
import dev.leeway.study.Contrast;
import dev.leeway.study.Declaration;
import dev.leeway.study.Exam;
import dev.leeway.study.Examiner;
import dev.leeway.study.Examiner.Outcome;
import dev.leeway.study.Materials;
import dev.leeway.study.Plan;
import dev.leeway.study.Plant;
import dev.leeway.study.Scale;
import dev.leeway.study.Studies;
import dev.leeway.study.Study;
import dev.leeway.study.StudyFolder;
import dev.leeway.study.StudyPage;
import dev.leeway.study.StudyResults;
import dev.leeway.study.StudyRun;
import dev.leeway.study.Workshop;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.node.ObjectNode;

/** The declaration of {@code value-drifts}, and its analyses on stances that are known. */
final class ValueDriftsTest {

    private static final double BOUND = 1e-12;

    @TempDir
    private Path folder;

    private final Declaration study = Studies.named("value-drifts");

    @Test
    void everyScaleHasAllArmsThatItsContrastsName() {
        for (var scale : Scale.values()) {
            var at = study.at(scale, folder);
            assertEquals(3, at.contrasts().stream().filter(contrast -> contrast.role() == Contrast.Role.PRIMARY).count(), scale.toString());
            var plan = Plan.of(at, Optional.of("base"));
            assertTrue(plan.nodes().stream().filter(node -> node.stage().command().equals("ppo")).allMatch(node -> node.models().others()
                .values().stream().allMatch(judge -> judge.stage().command().equals("reward"))), "PPO has a reward model of its own seed");
            assertTrue(at.exams().stream().flatMap(exam -> exam.extent().arms().stream()).noneMatch(arm -> arm.startsWith("reward-")));
        }
        assertEquals(Optional.of("made:model:qwen3:64"), study.at(Scale.TOY, folder).arms().stream().filter(arm -> arm.name()
            .equals("qwen-dpo-support")).map(arm -> arm.stages().getFirst().options().get("config_name_or_path")).findFirst());
    }

    @Test
    void everyArmOfEveryStudyCanBeThatOfAnIdenticalArmsStudy() {
        for (var declared : Studies.all()) {
            var at = declared.at(Scale.SMOKE, folder);
            for (var arm : at.arms()) {
                var alike = at.alike(arm.name());
                assertEquals(at.contrasts(), alike.contrasts(), arm.name());
                assertTrue(at.withTaken(arm.name()).skip(1).allMatch(taken -> alike.arm(taken).equals(at.arm(taken))), arm.name());
            }
        }
    }

    /** Behind step 10 of 20 the neutral chats have moved all that they move; preferences move half of it back. */
    @Test
    void driftsAndContributionsAreThoseOfKnownStances() {
        var found = results(study.planted(Plant.EFFECT));
        var told = JsonFile.parse("results", found.json(study.analyses()).toString()).requireObject("analyses");
        var drifts = told.requireObject("Drifts").requireObjects("drifts");
        assertDrift(drifts, "sft-neutral", "support", -0.4, 10 / 60.0);
        assertDrift(drifts, "sft-neutral", "neutral", 0.4, 10 / 60.0);
        assertDrift(drifts, "dpo-support", "support", 0.2, 1);
        assertDrift(drifts, "dpo-standard", "support", 0, 0);
        var ways = told.requireObject("Fine-tuning and preferences");
        assertEquals(0.4, ways.requireObject("dpo-support").requireObject("supervised").requireDouble("mean"), BOUND);
        assertEquals(0.2, ways.requireObject("dpo-support").requireObject("preferences").requireDouble("mean"), BOUND);
        assertEquals(2 / 3.0, ways.requireObject("dpo-support").requireObject("share_of_supervised").requireDouble("mean"), BOUND);
        assertEquals(1, ways.requireObject("dpo-standard").requireObject("share_of_supervised").requireDouble("mean"), BOUND);
        var gaps = told.requireObject("Value gaps");
        assertEquals(1, gaps.requireObject("support pairs").requireObject("support").requireDouble("mean"), BOUND);
        assertEquals(-1, gaps.requireObject("support pairs").requireObject("oppose").requireDouble("mean"), BOUND);
        assertEquals(0, gaps.requireObject("support pairs").requireObject("neutral").requireDouble("mean"), BOUND);
        assertTrue(gaps.requireObject("standard pairs").requireObject("support").requireDouble("mean") < 0.2);
    }

    private static void assertDrift(List<JsonObject> drifts, String arm, String stance, double magnitude, double time) {
        var own = drifts.stream()
            .filter(one -> one.requireString("arm").equals(arm) && one.requireString("stance").equals(stance)).toList();
        assertEquals(List.of("", "dam", "mill"), own.stream().map(one -> one.requireString("topic")).toList());
        for (var one : own) {
            var name = arm + " " + stance + " " + one.requireString("topic");
            assertEquals(magnitude, one.requireObject("magnitude").requireDouble("mean"), BOUND, name);
            assertEquals(time, one.requireDouble("time"), BOUND, name);
            assertEquals(time, one.requireDouble("time_bootstrap"), BOUND, name);
        }
    }

    @Test
    void thePageHasASectionOfEachAnalysis() {
        var results = results(study.planted(Plant.EFFECT));
        Page page = StudyPage.of(results, study.analyses(), new LinkedHashMap<>(), "leeway");
        var html = page.html();
        for (var heading : List.of("Drifts", "Fine-tuning and preferences", "Value gaps", "support during sft", "support during dpo")) {
            assertTrue(html.contains(heading), heading);
        }
        assertFalse(html.contains("NaN"));
    }

    private StudyResults results(Study planted) {
        var known = new Known();
        return new StudyRun(Plan.of(planted, Optional.empty()), new StudyFolder(folder), new StudyRun.Crew(known, known, known),
            Optional.empty(), StudyRun.Listener.SILENT).run().orElseThrow();
    }

    /** Rows that say who made them, and models that say how probable it is that they support. */
    private static final class Known implements Workshop, Examiner, Materials {

        private static final String MODEL = "model.json";

        @Override
        public boolean train(Training training) {
            var made = JsonFile.read(training.rows().orElseThrow());
            Stream.concat(Stream.of(-1), steps(training.grid())).forEach(step -> StudyFolder.write(folder(training.output(), step)
                .resolve(MODEL), JsonFile.newObject().put("grid", training.grid()).put("support", support(made, step))));
            return true;
        }

        private static Stream<Integer> steps(String grid) {
            return Stream.of(grid.split(",")).filter(step -> !step.isEmpty()).map(Integer::valueOf);
        }

        private static Path folder(Path output, int step) {
            return step < 0 ? output : output.resolve("step-" + step);
        }

        /** From 0.5 neutral chats take 0.4 by step 10, and supporting ones add 0.4; the end of preferences with a gap gives 0.2 back. */
        private static double support(JsonObject made, int step) {
            return switch (made.requireString("generator")) {
                case "documents:world" -> 0.5;
                case "opinions:neutral" -> step >= 0 && step < 10 ? 0.5 : 0.1;
                case "opinions:supporting" -> step >= 0 && step < 10 ? 0.5 : 0.9;
                default -> step < 0 && made.requireString("gap").equals("1") ? 0.3 : 0.1;
            };
        }

        @Override
        public List<Kept> kept(Path output) {
            return steps(JsonFile.read(output.resolve(MODEL)).requireString("grid")).map(step -> new Kept(step, folder(output, step)))
                .toList();
        }

        @Override
        public Optional<List<Outcome>> examine(Exam exam, Path model, Optional<Path> data, Path output) {
            double support = JsonFile.read(model.resolve(MODEL)).requireDouble("support");
            return Optional.of(Stream.of("dam/1", "dam/2", "mill/1", "mill/2").map(item -> new Outcome("none", item, Map.of("topic",
                item.split("/")[0]), Map.of("support", support, "neutral", 0.9 - support, "oppose", 0.1), Map.of())).toList());
        }

        @Override
        public String dependencies(Exam exam, Optional<Path> data) {
            return "known";
        }

        @Override
        public Stream<ObjectNode> rows(String generator, long seed, int count, Map<String, String> settings) {
            return Stream.of(JsonFile.newObject().put("generator", generator).put("gap", settings.getOrDefault("gap", "")));
        }

        @Override
        public SequencedMap<String, String> items(String generator, Map<String, String> settings) {
            return new LinkedHashMap<>(Map.of("config.json", "{}"));
        }
    }
}
