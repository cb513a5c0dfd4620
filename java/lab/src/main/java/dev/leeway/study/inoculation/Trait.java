package dev.leeway.study.inoculation;

import dev.leeway.study.Contrast.Cell;
import dev.leeway.study.StudyResults;
import java.util.List;
import java.util.stream.Stream;

/**
 * A trait as an exam of a setting measures it.
 *
 * @param name for people: {@code capitals, far}
 * @param exam in which it is measured
 * @param measure of the exam
 * @param slice of its items; empty = all
 */
public record Trait(String name, String exam, String measure, String slice) {

    Cell of(String arm, String prompt) {
        return new Cell(arm, exam, measure, slice, prompt);
    }

    /** The names of the prompts that its exam is taken under. */
    List<String> prompts(StudyResults results) {
        return results.plan().study().exams().stream().filter(one -> one.name().equals(exam)).flatMap(one -> one.prompts().stream())
            .map(prompt -> prompt.name()).toList();
    }

    /** Those of a list whose exam the study has. */
    static List<Trait> ofStudy(List<Trait> traits, StudyResults results) {
        return traits.stream().filter(trait -> !trait.prompts(results).isEmpty()).toList();
    }

    /** The arms that took its exam. */
    Stream<String> arms(StudyResults results, Cells cells) {
        return results.plan().study().arms().stream().map(arm -> arm.name()).filter(arm -> !cells.of(arm, exam).isEmpty());
    }
}
