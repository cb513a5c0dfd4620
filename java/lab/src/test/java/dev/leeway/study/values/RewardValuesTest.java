package dev.leeway.study.values;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.io.JsonFile;
import dev.leeway.io.JsonObject;
import dev.leeway.report.Part;
import dev.leeway.study.Contrast;
import dev.leeway.study.Plant;
import dev.leeway.study.Scale;
import dev.leeway.study.Study;
import dev.leeway.study.StudyResults;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class RewardValuesTest {

    private static final RewardValues DECLARED = new RewardValues();

    @TempDir
    private Path folder;

    private StudyResults full() throws IOException {
        var data = Files.createDirectories(folder.resolve("data"));
        for (var source : List.of("skywork.jsonl", "unified-feedback.jsonl")) {
            Files.write(data.resolve(source), Collections.nCopies(64, "{\"chosen\": \"a\", \"rejected\": \"b\"}"));
        }
        return ValuesCrew.run(DECLARED.at(Scale.FULL, data), folder.resolve("study"));
    }

    private static JsonObject analysis(StudyResults results, String name) {
        return JsonFile.parse("results", results.json(DECLARED.analyses()).toString()).requireObject("analyses").requireObject(name);
    }

    @Test
    void everyExamOfFullScaleIsTold() throws IOException {
        var results = full();
        for (var exam : List.of("Big Two", "expanded words", "moral foundations")) {
            var told = analysis(results, "Median ranks by family, " + exam);
            assertEquals("one model each: describes these two models", told.requireObject("families")
                .requireObject("skywork: gemma and llama").requireString("not_compared"));
            assertFalse(told.requireObject("families").node().toString().contains("\"p\""), "nothing is tested");
            int prompts = exam.equals("expanded words") ? 1 : 2;
            assertEquals(15 * prompts * (exam.equals("moral foundations") ? 5 : 2), told.requireObjects("medians").size());
        }
        var checkpoints = analysis(results, "Ranks on the way").requireObjects("checkpoints");
        assertEquals(15 * 2, checkpoints.size());
        assertEquals(List.of(0, 1), checkpoints.stream().map(one -> one.requireInt("step")).distinct().toList());
        assertEquals(15, analysis(results, "The whole vocabulary").node().size());
    }

    private static JsonObject mean(StudyResults results, String exam, String source, String family, String framing, String category) {
        return analysis(results, "Median ranks by family, " + exam).requireObjects("means").stream().filter(one ->
            one.requireString("source").equals(source) && one.requireString("family").equals(family)
            && one.requireString("framing").equals(framing) && one.requireString("category").equals(category)).findFirst()
            .orElseThrow();
    }

    @Test
    void ranksOfPublicModelsAreOfAFamilyWhateverTheSourceIs() throws IOException {
        var results = full();
        var what = "published_of_public_models";
        for (var source : List.of("skywork", "unified 1/8", "unified 1/64")) {
            assertEquals(132.461, mean(results, "Big Two", source, "gemma", "positive", "Agency").requireDouble(what));
            assertEquals(149.012, mean(results, "Big Two", source, "llama", "negative", "Communion").requireDouble(what));
            assertEquals(1133.93, mean(results, "moral foundations", source, "llama", "positive", "Sanctity").requireDouble(what));
            assertEquals(1263.75, mean(results, "moral foundations", source, "gemma", "negative", "Loyalty").requireDouble(what));
        }
        for (var exam : List.of(RewardValues.BIG_TWO, RewardValues.FOUNDATIONS)) {
            var html = html(results, exam);
            assertTrue(html.contains("ten public reward models") && html.contains("public models of this family, in the paper"), html);
            assertFalse(results.json(List.of(new FamilyRanks(exam))).toString().contains("\"published\":"), "the paper has no such cell");
        }
    }

    private static String html(StudyResults results, String exam) {
        return new FamilyRanks(exam).figures(results).stream().map(Part::html).collect(Collectors.joining());
    }

    @Test
    void publishedRanksStandBesideTheOnesOfTheirCell() throws IOException {
        var results = full();
        assertEquals(639, mean(results, "expanded words", "skywork", "qwen", "positive", "Communion").requireDouble("published"));
        assertEquals(700.5, mean(results, "expanded words", "unified 1/8", "llama", "positive", "Agency").requireDouble("published"));
        assertFalse(html(results, RewardValues.EXPANDED).contains("public"), "the paper trained these itself");
        var unknown = analysis(results, "Median ranks by family, expanded words").requireObjects("means").stream()
            .filter(one -> one.requireString("source").equals("unified 1/64")).toList();
        assertTrue(!unknown.isEmpty() && unknown.stream().noneMatch(one -> one.has("published")), "the released file repeats another");
    }

    @Test
    void modelsThatStandForThemselvesAreNotTested() throws IOException {
        var html = html(full(), RewardValues.BIG_TWO);
        assertTrue(html.contains("one model each: describes these two models"));
        assertFalse(html.contains("permuted") || html.contains("corrected"), html);
        assertTrue(html.contains("<td>skywork</td><td>gemma 0</td><td>worst_ever_one</td>"), html);
    }

    @Test
    void anExamThatNobodyTookIsSaidToBeSo() throws IOException {
        var results = full();
        assertTrue(new FamilyRanks("absent").figures(results).getFirst().html().contains("No model took the exam absent."));
        assertTrue(new RankCurves("absent").figures(results).getFirst().html().contains("No checkpoint took the exam absent."));
    }

    @Test
    void eachFamilysVocabularyIsItsOwnTokenizers() {
        var study = DECLARED.at(Scale.FULL, folder);
        var scans = study.exams().stream().filter(exam -> exam.benchmark().equals("vocabulary")).toList();
        assertEquals(List.of("gemma-2-2b-it/tokenizer.json", "llama-3.2-3b-instruct/tokenizer.json", "qwen2.5-3b-instruct/tokenizer.json"),
            scans.stream().map(exam -> exam.options().get("tokenizer")).toList());
        scans.forEach(exam -> assertEquals(5, exam.extent().arms().stream().filter(arm ->
            exam.name().endsWith(arm.substring(0, arm.indexOf(' ')))).count(), exam.name()));
    }

    /** The rank of a category where the family likes its own words best: 1, the other one's 9; the other way round asked for the worst. */
    private static double inherited(Contrast contrast) {
        return contrast.parts().stream().mapToDouble(part -> {
            boolean isFirst = List.of("agency", "llama").contains(part.cell().arm().split(" ")[0]);
            return part.weight() * (isFirst == part.cell().slice().startsWith("panel=positive") ? 1 : 9);
        }).sum();
    }

    @Test
    void everyContrastOfFamiliesIsAboveZeroWhereValuesAreInherited() {
        for (var scale : List.of(Scale.TOY, Scale.FULL)) {
            DECLARED.at(scale, folder).contrasts().stream().filter(contrast -> contrast.parts().size() == 2).forEach(contrast ->
                assertEquals(8, inherited(contrast), contrast.name()));
        }
    }

    private static List<String> primaries(Study study) {
        return study.contrasts().stream().filter(one -> one.role() == Contrast.Role.PRIMARY).map(Contrast::name).toList();
    }

    @Test
    void plantedFamiliesLearnFromTheSamePairsAndEveryPrimaryContrastIsAsked() {
        for (var plant : Plant.values()) {
            var study = DECLARED.planted(plant);
            assertEquals(primaries(DECLARED.at(Scale.TOY, folder)), primaries(study));
            for (var arm : study.arms()) {
                var other = study.arm(arm.name().replace("agency", "communion"));
                assertEquals(arm.stages().getLast(), other.stages().getLast());
            }
            assertEquals(plant == Plant.EFFECT, !study.rows().get("agency pairs").equals(study.rows().get("communion pairs")));
        }
    }
}
