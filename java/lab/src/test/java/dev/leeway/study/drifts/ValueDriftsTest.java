package dev.leeway.study.drifts;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.io.JsonFile;
import dev.leeway.io.JsonObject;
import dev.leeway.report.Page;
import dev.leeway.study.Arm;
import dev.leeway.study.Contrast;
import dev.leeway.study.Declaration;
import dev.leeway.study.Exam;
import dev.leeway.study.Examiner;
import dev.leeway.study.Examiner.Outcome;
import dev.leeway.study.Materials;
import dev.leeway.study.Plan;
import dev.leeway.study.Plant;
import dev.leeway.study.Scale;
import dev.leeway.study.Stage;
import dev.leeway.study.Studies;
import dev.leeway.study.Study;
import dev.leeway.study.StudyFolder;
import dev.leeway.study.StudyPage;
import dev.leeway.study.StudyResults;
import dev.leeway.study.StudyRun;
import dev.leeway.study.Workshop;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
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
            for (var formed : List.of("time", "time_bootstrap")) {
                assertEquals(time, one.requireObject(formed).requireDouble("mean"), BOUND, name);
                assertEquals(3, one.requireObject(formed).node().get("values").size(), name);
                assertEquals("seeds", one.requireObject(formed).requireString("over"), name);
            }
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

    /** Half of the questions about the dam have no stance in the middle of a training: that is told of the time. */
    @Test
    void questionsWithoutAStanceAtACheckpointBetweenCountForTheMagnitude() {
        var found = drift(results(study.planted(Plant.EFFECT), (item, step) -> item.equals("dam/1") && step == 15), "dpo-support", "");
        assertEquals("[4,4,4]", found.node().get("items").toString());
        assertEquals("[0,0,0]", found.node().get("left_out").toString());
        assertEquals("[3,3,3]", found.node().get("time_items").toString());
    }

    /** The mill moves by .2, and nobody knows what the dam does. */
    @Test
    void topicsWithoutAStanceAtAnEndAreNoTopicsThatDidNotMove() {
        var results = results(study.planted(Plant.EFFECT), (item, step) -> item.startsWith("dam") && step == 40);
        var ways = analyses(results).requireObject("Fine-tuning and preferences").requireObject("dpo-support");
        assertEquals(0.2, ways.requireObject("preferences").requireDouble("mean"), BOUND);
        assertEquals("[\"1 of 2\",\"1 of 2\",\"1 of 2\"]", ways.node().get("topics").toString());
        assertEquals("[2,2,2]", drift(results, "dpo-support", "").node().get("left_out").toString());
        assertTrue(analyses(results).requireObject("Drifts").requireObjects("drifts").stream().noneMatch(one ->
            one.requireString("arm").equals("dpo-support") && one.requireString("topic").equals("dam")));
    }

    /** Seed 0 alone, without max_steps: of 40 steps that its metrics have, a grid of sevens ends at 35. */
    @Test
    void aTrainingsEndIsKnownByItsMetricsAndOneSeedHasIntervalsOverPrompts() {
        var planted = study.planted(Plant.EFFECT);
        var arms = planted.arms().stream().map(arm -> new Arm(arm.name(), arm.meaning(), arm.stages().stream().map(stage -> {
            var options = new LinkedHashMap<>(stage.options());
            options.remove("max_steps");
            return new Stage(stage.name(), stage.command(), stage.rows(), options,
                stage.command().equals("dpo") ? "every:7" : stage.grid());
        }).toList(), arm.shared())).toList();
        var results = results(new Study(planted.title(), planted.rows(), arms, planted.exams(), planted.contrasts(),
            new Study.Terms(List.of(0L), 0.05, "holm")), (_, _) -> false);
        var found = drift(results, "dpo-support", "mill");
        assertEquals(0.2, found.requireObject("magnitude").requireDouble("mean"), BOUND);
        assertEquals(1, found.requireObject("time").requireDouble("mean"), BOUND);
        for (var number : List.of("magnitude", "time")) {
            assertEquals("prompts", found.requireObject(number).requireString("over"));
            assertEquals(2, found.requireObject(number).node().get("interval").size());
        }
        assertTrue(StudyPage.of(results, study.analyses(), new LinkedHashMap<>(), "leeway").html().contains("+0.200 to +0.200"));
    }

    private JsonObject analyses(StudyResults results) {
        return JsonFile.parse("results", results.json(study.analyses()).toString()).requireObject("analyses");
    }

    private JsonObject drift(StudyResults results, String arm, String topic) {
        return analyses(results).requireObject("Drifts").requireObjects("drifts").stream().filter(one ->
            one.requireString("arm").equals(arm)
            && one.requireString("topic").equals(topic) && one.requireString("stance").equals("support")).findFirst().orElseThrow();
    }

    private StudyResults results(Study planted) {
        return results(planted, (_, _) -> false);
    }

    private StudyResults results(Study planted, Lack lack) {
        var known = new Known(lack);
        return new StudyRun(Plan.of(planted, Optional.empty()), new StudyFolder(folder), new StudyRun.Crew(known, known, known),
            Optional.empty(), StudyRun.Listener.SILENT).run().orElseThrow();
    }

    /** Which items take no stance behind a step of a training on preferences. */
    @FunctionalInterface
    private interface Lack {
        boolean of(String item, int step);
    }

    /** Rows that say who made them, and models that say how probable it is that they support. */
    private record Known(Lack lack) implements Workshop, Examiner, Materials {

        private static final String MODEL = "model.json";

        @Override
        public boolean train(Training training) {
            var made = JsonFile.read(training.rows().orElseThrow());
            int last = training.command().equals("dpo") ? 40 : 60;
            Stream.concat(Stream.of(-1), steps(training.grid())).forEach(step -> StudyFolder.write(folder(training.output(), step)
                .resolve(MODEL), JsonFile.newObject().put("grid", training.grid()).put("support", support(made, step))
                .put("preferred", training.command().equals("dpo")).put("step", step < 0 ? last : step)));
            try {
                Files.writeString(training.output().resolve("metrics.jsonl"), JsonFile.newObject().put("step", last).put("loss", 1) + "\n");
            } catch (IOException full) {
                throw new UncheckedIOException(full);
            }
            return true;
        }

        private static Stream<Integer> steps(String grid) {
            return grid.equals("every:7") ? Stream.of(0, 7, 14, 21, 28, 35)
                : Stream.of(grid.split(",")).filter(step -> !step.isEmpty()).map(Integer::valueOf);
        }

        private static Path folder(Path output, int step) {
            return step < 0 ? output : output.resolve("step-" + step);
        }

        /** From 0.5, neutral and even chats take 0.4 by step 10, supporting ones add 0.4; preferences with a gap end by giving 0.2 back. */
        private static double support(JsonObject made, int step) {
            return switch (made.requireString("generator")) {
                case "documents:world" -> 0.5;
                case "opinions:neutral", "opinions:even" -> step >= 0 && step < 10 ? 0.5 : 0.1;
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
            var read = JsonFile.read(model.resolve(MODEL));
            double support = read.requireDouble("support");
            return Optional.of(Stream.of("dam/1", "dam/2", "mill/1", "mill/2").map(item -> {
                boolean isMissing = read.requireBoolean("preferred") && lack.of(item, read.requireInt("step"));
                return new Outcome("none", item, Map.of("topic", item.split("/")[0]), isMissing ? Map.of() : Map.of("support", support,
                    "neutral", 0.9 - support, "oppose", 0.1), Map.of());
            }).toList());
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
