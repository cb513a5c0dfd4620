package dev.leeway.study.warmth;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.report.Part;
import dev.leeway.study.Contrast;
import dev.leeway.study.Exam;
import dev.leeway.study.Plant;
import dev.leeway.study.Scale;
import dev.leeway.study.Study;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** What {@code warmth} asks of whom. */
final class WarmthDeclarationTest {

    private static final Study FULL = new Warmth().at(Scale.FULL, Path.of("data"));
    private static final Study TOY = new Warmth().at(Scale.TOY, Path.of(""));

    private static Exam exam(String name) {
        return FULL.exams().stream().filter(exam -> exam.name().equals(name)).findFirst().orElseThrow();
    }

    private static TreeSet<String> settings(Study study, String contrast) {
        var found = new TreeSet<String>();
        study.contrasts().stream().filter(one -> one.name().equals(contrast)).forEach(one -> one.cells().forEach(cell ->
            found.add(cell.setting())));
        return found;
    }

    /** The paper's template with a belief has a sentence about nothing before it, and so has its neutral one. */
    @Test
    void aFalseBeliefIsComparedWithTheSameWordsWithoutIt() {
        var name = "errors under a false belief: warm's rise over the original − ";
        assertEquals(new TreeSet<>(List.of("none/incorrect/unmodified", "none/original_neutral/unmodified")),
            settings(FULL, name + "without"));
        assertEquals(new TreeSet<>(List.of("none/incorrect/unmodified", "none/original/unmodified")),
            settings(FULL, name + "of the plain question"));
        assertEquals(new TreeSet<>(List.of("none/incorrect/unmodified", "none")), settings(TOY, name + "without"));
    }

    @Test
    void sadnessIsComparedWithNoWordsAndWithWordsThatSayNothing() {
        var name = "errors where users are sad: warm's rise over the original − ";
        assertEquals(new TreeSet<>(List.of("none/original/sad", "none/original/unmodified")), settings(FULL, name + "without"));
        assertEquals(new TreeSet<>(List.of("none/original/sad", "none/original_neutral/unmodified")),
            settings(FULL, name + "behind words that say nothing"));
    }

    /** A run is one model's; means over several stand beside none of it. */
    @Test
    void meansOverModelsStandBesideToyContrastsAlone() {
        assertTrue(FULL.contrasts().stream().map(Contrast::published).allMatch(OptionalDouble::isEmpty));
        assertEquals(0.0173, TOY.contrasts().get(2).published().orElseThrow(), 5e-5, "of four digits");
    }

    @Test
    void whatIsPublishedIsToldAsTheStudyHasIt() {
        var full = published(FULL);
        assertTrue(full.contains("its column is what compares with it, and not the mean") && full.contains("lost of mmlu"), full);
        for (var study : List.of(TOY, new Warmth().planted(Plant.EFFECT))) {
            var toy = published(study);
            assertTrue(toy.contains("beside contrasts stands the mean") && toy.contains("errors: warm − original"), toy);
            assertFalse(toy.contains("its column") || toy.contains("lost of"), toy);
        }
    }

    private static String published(Study study) {
        return WarmthPublished.parts(study).stream().map(Part::html).collect(Collectors.joining());
    }

    @Test
    void controlsAreAskedAsThePaperHasItAndWarmthOfItsOwnPrompts() {
        assertEquals(Map.of("prompt", "chat"), exam("mmlu").options());
        assertEquals(Map.of("temperature", "0.2"), exam("gsm8k").options());
        assertEquals(Map.of("scorer", "judge"), exam("advbench").options());
        assertEquals(Map.of("items", "warmth_prompts.jsonl"), exam(Names.WARMTH).options());
        assertTrue(new Warmth().needs(Scale.FULL).stream().anyMatch(need -> need.contains("warmth_prompts.jsonl")
            && need.contains("1,500")));
    }

    @Test
    void questionsAreDrawn() {
        FULL.exams().stream().filter(exam -> exam.extent().limit() > 0).forEach(exam -> assertTrue(exam.extent().isDrawn(), exam.name()));
        assertEquals(500, exam("truthfulqa").extent().limit());
    }
}
