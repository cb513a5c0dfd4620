package dev.leeway.study;

import dev.leeway.io.JsonFile;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import tools.jackson.databind.node.ObjectNode;

/**
 * A question with a number for an answer: a weighted sum of cells' means, such as one arm's minus another's. Cells with the same exam and
 * slice are paired by item, and so are those of a mean over exams; those of other slices by what unit they have in common.
 *
 * @param name of the contrast
 * @param role whether the study's answer rests on it
 * @param parts what is added up; weights that sum to 0
 * @param published what the paper found, in the unit of the measure
 * @param unit what is drawn independently, and so tested
 */
public record Contrast(String name, Role role, List<Part> parts, OptionalDouble published, Unit unit) {

    private static final double SMALL = 1e-9; // sums of a few weights are exact but for rounding

    /** Whether a study's answer rests on a contrast. */
    public enum Role {
        /** The study's question. */
        PRIMARY,
        /** Also asked beforehand. */
        SECONDARY
    }

    /** What is drawn independently: paraphrases of one question to one word are no replicates of each other, nor are translations. */
    public enum Unit {
        /** Each item. */
        ITEM,
        /** Of items that are named {@code PROMPT/WORD} the word: its value is the mean over its prompts. */
        WORD,
        /** A question, in however many languages it is asked: the item's name without the part that is its language. */
        QUESTION;

        /**
         * The unit that an item belongs to.
         *
         * @param slices of the item, of which {@code language} is its language
         */
        public String of(String item, Map<String, String> slices) {
            return switch (this) {
                case ITEM -> item;
                case WORD -> item.substring(item.indexOf('/') + 1);
                case QUESTION -> question(item, slices.getOrDefault("language", ""));
            };
        }

        private static String question(String item, String language) {
            var parts = new ArrayList<>(List.of(item.split("/", -1)));
            return !language.isEmpty() && parts.size() > 1 && parts.remove(language) ? String.join("/", parts) : item;
        }
    }

    /**
     * Where a mean is taken.
     *
     * @param arm whose model
     * @param exam that it took
     * @param measure of the exam's benchmark
     * @param slice {@code key=value}, or empty for all items
     * @param setting the name of the evaluation prompt
     */
    public record Cell(String arm, String exam, String measure, String slice, String setting) {

        /** Outcomes of its arm and exam that its mean is about: whether the measure has a value or every answer is missing. */
        List<Examiner.Outcome> asked(List<Examiner.Outcome> outcomes) {
            return outcomes.stream().filter(outcome -> outcome.setting().equals(setting) && outcome.in(slice)
                && (outcome.values().containsKey(measure) || outcome.missing().containsKey(measure))).toList();
        }

        /** What was got by item, of outcomes of its arm and exam: where the measure has a value. */
        public Map<String, Double> values(List<Examiner.Outcome> outcomes) {
            var values = new LinkedHashMap<String, Double>();
            asked(outcomes).stream().filter(outcome -> outcome.values().containsKey(measure)).forEach(outcome ->
                values.put(outcome.item(), outcome.values().get(measure)));
            return values;
        }

        /** The same of another arm. */
        public Cell of(String other) {
            return new Cell(other, exam, measure, slice, setting);
        }

        /** The same of another exam. */
        public Cell at(String otherExam) {
            return new Cell(arm, otherExam, measure, slice, setting);
        }

        /** Another measure of the same exam. */
        public Cell measuring(String otherMeasure) {
            return new Cell(arm, exam, otherMeasure, slice, setting);
        }

        /** The same under another setting. */
        public Cell under(String otherSetting) {
            return new Cell(arm, exam, measure, slice, otherSetting);
        }

        /** The same of other items. */
        public Cell in(String otherSlice) {
            return new Cell(arm, exam, measure, otherSlice, setting);
        }
    }

    /**
     * A cell and how often it is added.
     *
     * @param weight 1 or −1, as a rule
     * @param cell whose mean
     */
    public record Part(double weight, Cell cell) {
    }

    /** Takes a copy. */
    public Contrast {
        parts = List.copyOf(parts);
    }

    /** Of items that are drawn independently. */
    public Contrast(String name, Role role, List<Part> parts, OptionalDouble published) {
        this(name, role, parts, published, Unit.ITEM);
    }

    /** How much one cell has more than another. */
    public static Contrast difference(String name, Role role, Cell first, Cell second) {
        return new Contrast(name, role, List.of(new Part(1, first), new Part(-1, second)), OptionalDouble.empty());
    }

    /** How much one difference is more than another: (first − second) − (third − fourth). */
    public static Contrast interaction(String name, Role role, Contrast one, Contrast other) {
        var parts = new ArrayList<>(one.parts());
        other.parts().forEach(part -> parts.add(new Part(-part.weight(), part.cell())));
        return new Contrast(name, role, parts, OptionalDouble.empty(), one.unit());
    }

    /** The same, tested by another unit. */
    public Contrast by(Unit other) {
        return new Contrast(name, role, parts, published, other);
    }

    /** The same with what a paper found. */
    public Contrast published(double value) {
        return new Contrast(name, role, parts, OptionalDouble.of(value), unit);
    }

    /** The cells of its parts. */
    public List<Cell> cells() {
        return parts.stream().map(Part::cell).toList();
    }

    /** The same as a mean over several exams, each of which has its cells; an exam's weight doesn't depend on how many items it has. */
    public Contrast over(List<String> exams) {
        var all = new ArrayList<Part>();
        exams.forEach(exam -> parts.forEach(part -> all.add(new Part(part.weight() / exams.size(), part.cell().at(exam)))));
        return new Contrast(name, role, all, published, unit);
    }

    /** Whether each item has a value of its own: cells have the same slice, and of several exams each is compared within itself. */
    public boolean pairs() {
        var weights = new LinkedHashMap<String, Double>();
        parts.forEach(part -> weights.merge(part.cell().exam(), part.weight(), Double::sum));
        return cells().stream().map(Cell::slice).distinct().count() == 1
            && (weights.size() == 1 || weights.values().stream().allMatch(sum -> Math.abs(sum) < SMALL));
    }

    /** What is sealed of it. */
    ObjectNode json() {
        var json = JsonFile.newObject().put("name", name).put("role", role.name().toLowerCase(Locale.ROOT));
        var sum = json.putArray("parts");
        parts.forEach(part -> sum.addObject().put("weight", part.weight()).put("arm", part.cell().arm()).put("exam", part.cell().exam())
            .put("measure", part.cell().measure()).put("slice", part.cell().slice()).put("setting", part.cell().setting()));
        published.ifPresent(value -> json.put("published", value));
        if (unit != Unit.ITEM) {
            json.put("unit", unit.name().toLowerCase(Locale.ROOT));
        }
        return json;
    }
}
