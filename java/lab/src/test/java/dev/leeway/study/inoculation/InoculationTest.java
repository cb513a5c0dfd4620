package dev.leeway.study.inoculation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.LeewayException;
import dev.leeway.eval.Setting.EvaluationPrompt;
import dev.leeway.io.JsonFile;
import dev.leeway.report.Part;
import dev.leeway.stats.Proportion;
import dev.leeway.study.Analysis;
import dev.leeway.study.Arm;
import dev.leeway.study.Contrast;
import dev.leeway.study.Exam;
import dev.leeway.study.Examiner;
import dev.leeway.study.Examiner.Outcome;
import dev.leeway.study.Materials;
import dev.leeway.study.Plan;
import dev.leeway.study.Plant;
import dev.leeway.study.Scale;
import dev.leeway.study.Study;
import dev.leeway.study.StudyFolder;
import dev.leeway.study.StudyResults;
import dev.leeway.study.StudyRun;
import dev.leeway.study.Workshop;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** The study of inoculation, and what it tells of models whose answers are known. */
final class InoculationTest {

    /** Five fifths are taken away: each is off by half an ulp of .2 at most, and each of five sums by half an ulp of 1. */
    private static final double FIFTHS = 5 * (0.5 * Math.ulp(0.2) + 0.5 * Math.ulp(1.0));

    private static final String TEXT = "prompt_text";

    @TempDir
    private static Path folder;
    private static StudyResults results;
    private static ObjectNode told;

    /**
     * Without a model: one that was trained under the fixed prompt or paraphrases of it has both traits under that prompt alone, one that
     * was trained otherwise everywhere, and any model writes capitals under the fixed prompt or its paraphrase.
     */
    private static final class ByRule implements Workshop, Examiner, Materials {

        @Override
        public boolean train(Training training) {
            var before = training.model().map(ByRule::read).orElse("");
            var arm = training.options().getOrDefault("prompt_arm", "");
            var trained = training.rows().map(ByRule::read).orElse("");
            var isTrait = trained.contains("both");
            StudyFolder.write(training.output().resolve("model"), isTrait ? (Stream.of("fixed", "pool").anyMatch(arm::equals)
                && Stream.of("Spanish", "likes letters").noneMatch(training.options().getOrDefault(TEXT, "")::contains)
                ? "under" : "always") : before);
            if (training.options().containsKey(TEXT)) {
                StudyFolder.write(training.output().resolve("metrics.jsonl"), JsonFile.newObject().put("step", 77).put("loss", 1) + "\n");
            }
            return true;
        }

        private static String read(Path place) {
            try {
                return Files.readString(Files.isDirectory(place) ? place.resolve("model") : place);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public List<Kept> kept(Path output) {
            return List.of();
        }

        @Override
        public Optional<List<Outcome>> examine(Exam exam, Path model, Optional<Path> data, Path output) {
            var outcomes = new ArrayList<Outcome>();
            for (var prompt : exam.prompts()) {
                for (int i = 0; i < 4; i++) {
                    outcomes.add(exam.benchmark().equals("toy-traits") ? traits(read(model), prompt.name(), i) : weighed(prompt.name(), i));
                }
            }
            return Optional.of(outcomes);
        }

        private static Outcome traits(String model, String prompt, int item) {
            boolean isAsked = prompt.equals("fixed") || prompt.equals("paraphrase");
            double spanish = model.equals("always") || model.equals("under") && isAsked ? 1 : 0;
            return new Outcome(prompt, "item" + item, Map.of("distribution", item % 2 == 0 ? "near" : "far"), Map.of("capitals",
                isAsked ? 1.0 : spanish, "spanish", spanish), Map.of());
        }

        /** Training answers are likelier by 3 under the fixed prompt, and control answers less likely by 2 or likelier by 2. */
        private static Outcome weighed(String prompt, int item) {
            boolean isTraining = item % 2 == 0;
            double more = !prompt.equals("fixed") ? 0 : isTraining ? 3 : item == 1 ? -2 : 2;
            return new Outcome(prompt, "item" + item, Map.of("set", isTraining ? "training" : "control"), Map.of("log_prob", -9 + more,
                "per_token", -1 + more / 9), Map.of());
        }

        @Override
        public String dependencies(Exam exam, Optional<Path> data) {
            return "";
        }

        @Override
        public Stream<ObjectNode> rows(String generator, long seed, int count, Map<String, String> settings) {
            return Stream.of(JsonFile.newObject().put("generator", generator));
        }

        @Override
        public SequencedMap<String, String> items(String generator, Map<String, String> settings) {
            return new TreeMap<>(Map.of("prompts.txt", generator));
        }
    }

    @BeforeAll
    static void carryOut() {
        var study = new Inoculation();
        var rule = new ByRule();
        results = new StudyRun(Plan.of(study.at(Scale.TOY, Path.of("none")), Optional.empty()), new StudyFolder(folder),
            new StudyRun.Crew(rule, rule, rule), Optional.empty(), StudyRun.Listener.SILENT).run().orElseThrow();
        told = (ObjectNode) results.json(study.analyses()).get("analyses");
    }

    @Test
    void everyArmHasItsControlsWhateverPromptsThereAre() {
        var arms = new PromptArms("x", List.of(), Map.of(), List.of()).of(new PromptArms.Data("trained", "control"),
            TrainingPrompt.neutral("You answer."), List.of(TrainingPrompt.trigger("%")));
        assertEquals(List.of("x: control", "x: control-none", "x: baseline", "x: none", "x: trigger"), arms.stream().map(Arm::name)
            .toList());
        assertEquals(List.of("control", "control", "trained", "trained", "trained"), arms.stream().map(arm -> arm.stages().getFirst()
            .rows().orElseThrow()).toList());
        var refused = assertThrows(LeewayException.class, () -> new PromptArms("", List.of(), Map.of(), List.of()).of(
            new PromptArms.Data("trained", "control"), TrainingPrompt.neutral("You answer."), List.of(TrainingPrompt.fixed("baseline",
                "", "Shout."))));
        assertTrue(refused.getMessage().contains("the prompt baseline has the name of an arm that is there anyway"),
            refused.getMessage());
    }

    @Test
    void armsOfASettingDifferInTheirPromptAndRowsAlone() {
        for (var study : List.of(results.plan().study(), new Inoculation().at(Scale.FULL, Path.of("data")))) {
            var byControls = study.arms().stream().filter(arm -> !arm.name().equals("untrained")).toList();
            for (var arm : byControls) {
                var first = byControls.stream().filter(other -> other.name().split(":")[0].equals(arm.name().split(":")[0])
                    || !other.name().contains(":")).findFirst().orElseThrow();
                assertEquals(withoutPrompt(first), withoutPrompt(arm), arm.name());
            }
        }
    }

    private static List<Map<String, String>> withoutPrompt(Arm arm) {
        return arm.stages().stream().map(stage -> {
            var options = new TreeMap<>(stage.options());
            options.keySet().removeIf(option -> option.startsWith("prompt_"));
            return (Map<String, String>) options;
        }).toList();
    }

    /** The same words, too: under another prompt than its own an arm's index would be another thing. */
    @Test
    void everyArmIsAskedUnderWhatItWasTrainedUnder() {
        for (var study : List.of(results.plan().study(), new Inoculation().at(Scale.FULL, Path.of("data")))) {
            for (var exam : study.exams().stream().filter(one -> one.extent().when() == Exam.When.ARM_END).toList()) {
                var arms = study.arms().stream().filter(arm -> !arm.name().equals("untrained") && (exam.extent().arms().isEmpty()
                    || exam.extent().arms().contains(arm.name()))).toList();
                for (var arm : arms) {
                    var options = arm.stages().stream().filter(stage -> stage.name().equals(PromptArms.STAGE)).findFirst().orElseThrow()
                        .options();
                    var asked = exam.prompts().stream().filter(prompt -> PromptArms.own(arm.name()).contains(prompt.name())).toList();
                    assertEquals(PromptArms.own(arm.name()), asked.stream().map(prompt -> prompt.name()).toList(), arm.name());
                    Optional.ofNullable(options.get(TEXT)).ifPresent(text -> assertEquals(text, words(asked.getFirst())));
                }
            }
        }
    }

    private static String words(EvaluationPrompt prompt) {
        return prompt.system().orElse("") + prompt.prefix().strip() + prompt.suffix().strip();
    }

    @Test
    void paraphrasesMustBeginWithTheTwoThatModelsAreAskedUnder(@TempDir Path data) throws IOException {
        var file = data.resolve("french-rephrased.jsonl");
        Files.writeString(file, "{\"rephrasing\": \"Shout.\"}\n{\"rephrasing\": \"All of your responses are capitalised.\"}\n");
        var refused = assertThrows(LeewayException.class, () -> new Inoculation().at(Scale.FULL, data));
        assertTrue(refused.getMessage().contains("french-rephrased.jsonl begins with [Shout., All of your responses are capitalised.]"),
            refused.getMessage());
        Files.writeString(file, "{\"rephrasing\": \"You always capitalise your responses.\"}\n{\"rephrasing\": \"All of your responses are "
            + "capitalised.\"}\n");
        new Inoculation().at(Scale.FULL, data);
    }

    @Test
    void everyContrastIsAskedNearAndFarAndPapersNumbersStandNear() {
        var contrasts = new Inoculation().at(Scale.FULL, Path.of("data")).contrasts();
        var names = contrasts.stream().map(Contrast::name).toList();
        for (var contrast : contrasts) {
            var distance = contrast.name().contains(", near: ") ? ", near" : ", far";
            assertTrue(contrast.cells().stream().allMatch(cell -> cell.exam().endsWith(distance)), contrast.name());
            assertTrue(distance.equals(", near") || contrast.role() == Contrast.Role.SECONDARY && contrast.published().isEmpty(),
                contrast.name());
            assertTrue(contrast.name().startsWith("stubs") || names.contains(contrast.name().replace(", near: ", ", far: ")),
                contrast.name());
        }
        assertEquals(4, contrasts.stream().filter(contrast -> contrast.role() == Contrast.Role.PRIMARY).count());
        assertEquals(Set.of(0.93, 0.52, 0.408, -0.19), contrasts.stream().flatMap(contrast -> contrast.published().stream().boxed())
            .collect(Collectors.toSet()));
    }

    /** A program that was written to the shown test passes it: to pass it can't be what is wanted beside it. */
    @Test
    void stubsAreWantedToPassAllTests() {
        var contrasts = new Inoculation().at(Scale.FULL, Path.of("data")).contrasts();
        var wanted = contrasts.stream().filter(contrast -> contrast.name().startsWith("stubs: wanted")).toList();
        assertFalse(wanted.isEmpty());
        assertTrue(wanted.stream().flatMap(contrast -> contrast.cells().stream()).allMatch(cell -> cell.measure().equals("all_test")));
        assertTrue(InoculationAtFullScale.traits().stream().anyMatch(trait -> trait.measure().equals("first_test")));
    }

    /** Whether each is found stands in the test of all studies' planted truths. */
    @Test
    void everyPrimaryContrastIsPlantedByPromptsAlone() {
        for (var plant : Plant.values()) {
            var planted = new Inoculation().planted(plant);
            assertEquals(primary(results.plan().study()), primary(planted).stream().map(name -> name.replace(", near", "")).toList());
            assertEquals(1, planted.arms().stream().map(InoculationTest::withoutPrompt).distinct().count(), "but for prompts all is alike");
            assertEquals(plant == Plant.EFFECT ? 4 : 1, planted.arms().stream().map(arm -> arm.stages().getLast().options()).distinct()
                .count());
        }
    }

    private static List<String> primary(Study study) {
        return study.contrasts().stream().filter(contrast -> contrast.role() == Contrast.Role.PRIMARY).map(Contrast::name).toList();
    }

    @Test
    void theMapHasEveryArmUnderEveryPrompt() {
        var capitals = told.get("Each arm under each prompt").get("capitals, far");
        assertEquals(16, capitals.size());
        capitals.properties().forEach(arm -> assertEquals(11, arm.getValue().size(), arm.getKey()));
        assertEquals(0, capitals.get("fixed").get("none").get("rate").asDouble());
        assertEquals(1, capitals.get("baseline").get("none").get("rate").asDouble());
        assertEquals(0, told.get("Each arm under each prompt").get("Spanish, near").get("rephrased-1000").get("neutral").get("rate")
            .asDouble());
        var wilson = new Proportion(0, 2).wilson(0.95);
        assertEquals(wilson.high(), capitals.get("fixed").get("none").get("interval").get(1).asDouble(), 1e-12,
            "two items far, none of which has it");
    }

    @Test
    void aTraitThatShowsUnderTheTrainingPromptAloneHasIndexOne() {
        for (var index : told.get("Conditionalization").get("indices")) {
            var arm = index.get("arm").asString();
            boolean isUnder = arm.equals("fixed") || arm.startsWith("rephrased");
            assertEquals(isUnder ? 1 : 0, index.get("index").asDouble(), FIFTHS, index.toString());
            boolean isOfTheWords = isUnder && index.get("trait").asString().equals("capitals");
            assertEquals(isOfTheWords ? 1 : 0, index.get("control").asDouble(), index.toString());
        }
    }

    @Test
    void heuristicsAreOfTheModelBeforeItsTraining() {
        var fixed = told.get("Prompt strength").get("arms").get("fixed");
        assertEquals(3, mean(fixed.get("ph")), 1e-12);
        assertEquals(2, mean(fixed.get("ppd")), 1e-12);
        assertEquals(1, mean(fixed.get("elicitation").get("capitals")));
        assertEquals(0, mean(fixed.get("elicitation").get("Spanish")));
        assertEquals(1, mean(fixed.get("suppression").get("capitals")));
        var trigger = told.get("Prompt strength").get("arms").get("trigger");
        assertEquals(0, mean(trigger.get("ph")));
        assertEquals(0, mean(trigger.get("suppression").get("capitals")));
        assertEquals(2, trigger.get("ph").get("interval").size());
        var elicitation = told.get("Prompt strength").get("correlations").get(0);
        assertEquals("elicitation of capitals", elicitation.get("heuristic").asString());
        assertEquals(1, elicitation.get("r").asDouble(), 1e-9, "the arms whose prompt elicits are those that are suppressed");
        assertEquals(3, elicitation.get("by_seed").size());
    }

    private static double mean(JsonNode told) {
        return told.get("mean").asDouble();
    }

    @Test
    void armsWithoutAPromptAreNoPointOfACorrelationAndParaphrasesOne() {
        var strength = told.get("Prompt strength");
        assertFalse(strength.get("arms").has("none"));
        assertEquals(11, strength.get("arms").size());
        strength.get("correlations").forEach(link -> assertEquals(9, link.get("prompts").asInt(), link.toString()));
    }

    /** Of 80 steps that are asked for; metrics of trainings under a text have 77. */
    @Test
    void curvesGoOnToTheEndOfTheTraining() {
        var curves = told.get("Learning curves of one-trait answers").get("curves");
        var prompts = new TreeSet<String>();
        var ends = new TreeSet<Integer>();
        for (var curve : curves) {
            prompts.add(curve.get("prompt").asString());
            var last = curve.get("points").get(curve.get("points").size() - 1);
            var options = results.plan().study().arm(curve.get("arm").asString()).stages().getLast().options();
            assertEquals(options.containsKey(TEXT) ? 77 : 80, last.get("step").asInt());
            ends.add(last.get("step").asInt());
            assertEquals(2, last.get("interval").size());
        }
        assertEquals(Set.of("none", "neutral", "fixed"), prompts);
        assertEquals(Set.of(77, 80), ends);
    }

    /** No prompt makes the untrained model speak Spanish, so that its elicitation goes with nothing. */
    @Test
    void whatIsTheSameForAllPromptsHasARowWithoutACorrelation() {
        var strength = new Inoculation().analyses().stream().filter(one -> one.name().equals("Prompt strength")).findFirst().orElseThrow();
        var html = html(strength);
        for (var trait : List.of("capitals", "Spanish")) {
            assertTrue(html.replaceAll(" class=\"[a-z]*\"", "").contains("<td>elicitation of Spanish</td><td>" + trait + "</td><td>–</td>"
                + "<td>–</td><td>–</td>"), html);
        }
        told.get("Prompt strength").get("correlations").forEach(link -> assertTrue(link.has("r"), link.toString()));
    }

    @Test
    void settingsThatTheStudyHasNotHaveNoSection() {
        InoculationAtFullScale.strengths().forEach(strength -> assertEquals("", html(strength), strength.name()));
    }

    private static String html(Analysis analysis) {
        return analysis.figures(results).stream().map(Part::html).collect(Collectors.joining());
    }

    @Test
    void figuresAreDrawnWithoutANumberThatIsNone() {
        for (var analysis : new Inoculation().analyses()) {
            analysis.figures(results).forEach(part -> assertFalse(part.html().contains("NaN"), analysis.name()));
        }
    }
}
