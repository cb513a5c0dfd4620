package dev.leeway.study;

import dev.leeway.LeewayException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * A study: what is asked, what is trained, what is measured, and what is concluded from it.
 *
 * @param title what it is called, and what it asks
 * @param rows what stages are trained on, by name
 * @param arms what is trained; controls are arms
 * @param exams what is measured
 * @param contrasts what is concluded, named before anything is seen
 * @param terms how it is concluded
 */
public record Study(Title title, SequencedMap<String, Rows> rows, List<Arm> arms, List<Exam> exams, List<Contrast> contrasts,
        Terms terms) {

    /**
     * What a study is called.
     *
     * @param name as {@code leeway study run} has it
     * @param question what it asks, as a sentence
     * @param source the paper, or empty
     */
    public record Title(String name, String question, String source) {
    }

    /**
     * How a study concludes.
     *
     * @param seeds of its replications: every arm is trained with each
     * @param alpha probability of a contrast where there is none, over the family that it is corrected in
     * @param correction {@code holm}, {@code bh}, {@code bonferroni} or {@code none}, over the primary contrasts, and over the others
     */
    public record Terms(List<Long> seeds, double alpha, String correction) {

        /** Checks them. */
        public Terms {
            seeds = List.copyOf(seeds);
            if (seeds.isEmpty() || new HashSet<>(seeds).size() != seeds.size()) {
                throw LeewayException.usage("a study needs one seed or more, each once; got %s", seeds);
            }
            if (!(alpha > 0 && alpha < 1)) {
                throw LeewayException.usage("alpha must be between 0 and 1; got %s", alpha);
            }
            if (!Set.of("holm", "bh", "bonferroni", "none").contains(correction)) {
                throw LeewayException.usage("correction must be one of holm, bh, bonferroni, none; got %s", correction);
            }
        }
    }

    /**
     * Checks that what is named is there.
     *
     * @throws LeewayException with all that isn't
     */
    public Study {
        rows = new LinkedHashMap<>(rows);
        arms = List.copyOf(arms);
        exams = List.copyOf(exams);
        contrasts = List.copyOf(contrasts);
        var wrong = new ArrayList<String>();
        requireDifferent("arms", arms.stream().map(Arm::name).toList(), wrong);
        requireDifferent("exams", exams.stream().map(Exam::name).toList(), wrong);
        requireDifferent("contrasts", contrasts.stream().map(Contrast::name).toList(), wrong);
        var armNames = arms.stream().map(Arm::name).toList();
        for (var arm : arms) {
            for (var stage : arm.stages()) {
                if (stage.rows().isPresent() && !rows.containsKey(stage.rows().get())) {
                    wrong.add("stage " + stage.name() + " of arm " + arm.name() + " is trained on " + stage.rows().get()
                        + ", of which there are no rows");
                }
                stage.arms().values().stream().filter(other -> !armNames.contains(other))
                    .forEach(other -> wrong.add("stage " + stage.name() + " of arm " + arm.name() + " takes the model of " + other
                        + ", which there is not"));
            }
        }
        exams.forEach(exam -> exam.extent().arms().stream().filter(arm -> !armNames.contains(arm)).forEach(arm -> wrong.add("exam "
            + exam.name() + " is for the arm " + arm + ", which there is not")));
        for (var contrast : contrasts) {
            for (var cell : contrast.cells()) {
                requireCell(contrast, cell, arms, exams, wrong);
            }
        }
        if (!wrong.isEmpty()) {
            throw LeewayException.usage("study %s: %s", title.name(), String.join("; ", wrong));
        }
    }

    private static void requireDifferent(String what, List<String> names, List<String> wrong) {
        if (new HashSet<>(names).size() != names.size()) {
            wrong.add("two " + what + " have the same name: " + names);
        }
    }

    private static void requireCell(Contrast contrast, Contrast.Cell cell, List<Arm> arms, List<Exam> exams, List<String> wrong) {
        if (arms.stream().noneMatch(arm -> arm.name().equals(cell.arm()))) {
            wrong.add("contrast " + contrast.name() + " names the arm " + cell.arm() + ", which there is not");
        }
        if (exams.stream().noneMatch(exam -> exam.name().equals(cell.exam()))) {
            wrong.add("contrast " + contrast.name() + " names the exam " + cell.exam() + ", which there is not");
        }
        if (exams.stream().anyMatch(exam -> exam.name().equals(cell.exam()) && !exam.extent().isFor(cell.arm()))) {
            wrong.add("contrast " + contrast.name() + " names the exam " + cell.exam() + " of arm " + cell.arm()
                + ", whose models don't take it");
        }
    }

    /** An arm and all whose models it takes, by name; empty of an arm that there is not. */
    public Stream<String> withTaken(String name) {
        return arms.stream().filter(arm -> arm.name().equals(name)).flatMap(arm -> Stream.concat(Stream.of(name), arm.stages().stream()
            .flatMap(stage -> stage.arms().values().stream()).flatMap(this::withTaken))).distinct();
    }

    /**
     * The arm with a name.
     *
     * @throws LeewayException if there is none
     */
    public Arm arm(String name) {
        return arms.stream().filter(arm -> arm.name().equals(name)).findFirst().orElseThrow(() -> LeewayException.usage(
            "study %s has no arm %s; it has %s", title.name(), name, String.join(", ", arms.stream().map(Arm::name).toList())));
    }

    /** The same with other seeds. */
    public Study withSeeds(List<Long> seeds) {
        return new Study(title, rows, arms, exams, contrasts, new Terms(seeds, terms.alpha(), terms.correction()));
    }

    /**
     * The same with two steps of every training, two items of every exam, each asked once, and one seed: what a look through the whole
     * study takes before it costs days. Its name is another, so that no folder has both.
     */
    public Study dryRun() {
        return DryRun.of(this);
    }

    /**
     * An A/A study: every arm is trained as one of them, and the last training of each has random numbers of its own, so that arms differ
     * by luck alone and every contrast between them is 0 but for it. Exams and arms that no contrast names are left out, but for arms whose
     * models that one takes: they stay as they are, and take no exams.
     *
     * @throws LeewayException if there is no such arm, or a contrast names one whose model it takes
     */
    public Study alike(String arm) {
        var one = arm(arm);
        int last = IntStream.range(0, one.stages().size()).filter(s -> one.stages().get(s).trains()).max().orElse(0);
        var named = contrasts.stream().flatMap(contrast -> contrast.cells().stream()).toList();
        var alike = arms.stream().map(Arm::name).filter(other -> named.stream().anyMatch(cell -> cell.arm().equals(other))).toList();
        var taken = withTaken(arm).skip(1).toList();
        var both = taken.stream().filter(alike::contains).toList();
        if (!both.isEmpty()) {
            throw LeewayException.usage("study %s can't have all arms as %s: it takes the model of %s, which contrasts name; "
                + "choose another arm", title.name(), arm, String.join(", ", both));
        }
        var own = arms.stream().filter(other -> alike.contains(other.name()) || taken.contains(other.name())).map(other ->
            taken.contains(other.name()) ? other
                : new Arm(other.name(), "as " + arm + ", with luck of its own", one.stages(), last)).toList();
        var asked = exams.stream().filter(exam -> named.stream().anyMatch(cell -> cell.exam().equals(exam.name())))
            .map(exam -> exam.of(exam.extent().of(alike.stream().filter(exam.extent()::isFor).toList()))).toList();
        return new Study(new Title(title.name() + ", all as " + arm, title.question(), title.source()), rows, own, asked, contrasts, terms);
    }
}
