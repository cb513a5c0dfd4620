package dev.leeway.study.inoculation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.LeewayException;
import dev.leeway.io.JsonFile;
import dev.leeway.study.Arm;
import dev.leeway.study.Exam;
import dev.leeway.study.Examiner;
import dev.leeway.study.Examiner.Outcome;
import dev.leeway.study.Materials;
import dev.leeway.study.Plan;
import dev.leeway.study.Scale;
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
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.node.ObjectNode;

/** The study of inoculation, and what it tells of models whose answers are known. */
final class InoculationTest {

    /** Five fifths are taken away: each is off by half an ulp of .2 at most, and each of five sums by half an ulp of 1. */
    private static final double FIFTHS = 5 * (0.5 * Math.ulp(0.2) + 0.5 * Math.ulp(1.0));

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
                && !training.options().getOrDefault("prompt_text", "").contains("Spanish") ? "under" : "always") : before);
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

    @Test
    void theMapHasEveryArmUnderEveryPrompt() {
        var capitals = told.get("Each arm under each prompt").get("capitals, far");
        assertEquals(13, capitals.size());
        capitals.properties().forEach(arm -> assertEquals(8, arm.getValue().size(), arm.getKey()));
        assertEquals(0, capitals.get("fixed").get("none").asDouble());
        assertEquals(1, capitals.get("baseline").get("none").asDouble());
        assertEquals(0, told.get("Each arm under each prompt").get("Spanish, near").get("rephrased-1000").get("neutral").asDouble());
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
        assertEquals(3, fixed.get("ph").asDouble(), 1e-12);
        assertEquals(2, fixed.get("ppd").asDouble(), 1e-12);
        assertEquals(1, fixed.get("elicitation").get("capitals").asDouble());
        assertEquals(0, fixed.get("elicitation").get("Spanish").asDouble());
        assertEquals(1, fixed.get("suppression").get("capitals").asDouble());
        var trigger = told.get("Prompt strength").get("arms").get("trigger");
        assertEquals(0, trigger.get("ph").asDouble());
        assertEquals(0, trigger.get("suppression").get("capitals").asDouble());
        var elicitation = told.get("Prompt strength").get("correlations").get(0);
        assertEquals("elicitation of capitals", elicitation.get("heuristic").asString());
        assertEquals(1, elicitation.get("r").asDouble(), 1e-9, "the arms whose prompt elicits are those that are suppressed");
    }

    @Test
    void figuresAreDrawnWithoutANumberThatIsNone() {
        for (var analysis : new Inoculation().analyses()) {
            analysis.figures(results).forEach(part -> assertFalse(part.html().contains("NaN"), analysis.name()));
        }
    }
}
