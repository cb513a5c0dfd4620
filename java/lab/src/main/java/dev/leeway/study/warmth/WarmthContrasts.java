package dev.leeway.study.warmth;

import dev.leeway.study.Contrast;
import dev.leeway.study.Contrast.Cell;
import dev.leeway.study.Contrast.Role;
import java.util.ArrayList;
import java.util.List;

/**
 * What {@code warmth} concludes, as a mean over tasks. Exams measure what is right and the paper what is wrong: here an arm's errors minus
 * another's are the other's right answers minus its own. What was published are the paper's means over five models and four tasks, of its
 * own summary of results; its belief is any opinion.
 *
 * @param plain right answers of the original, without context and belief
 * @param tasks the exams
 * @param believing the setting in which users believe what is false
 * @param sad the setting in which they are sad
 */
record WarmthContrasts(Cell plain, List<String> tasks, String believing, String sad) {

    static final double ERRORS = 0.0683;
    static final double OF_BELIEVERS = 0.0173;
    static final double OF_THE_SAD = 0.0447;
    static final double COLD = -0.0169;

    private static final String LONG = "length-matched";

    List<Contrast> primary() {
        return List.of(errors(Role.PRIMARY, Warmth.WARM, Warmth.ORIGINAL, "").over(tasks).published(ERRORS),
            errors(Role.PRIMARY, Warmth.WARM, LONG, "").over(tasks),
            more("errors under a false belief: warm's rise over the original − without", Role.PRIMARY, Warmth.ORIGINAL, believing)
                .published(OF_BELIEVERS),
            more("errors where users are sad: warm's rise over the original − without", Role.PRIMARY, Warmth.ORIGINAL, sad)
                .published(OF_THE_SAD));
    }

    /** Those of each task tell where a rise comes from, and stand for the paper's controls of what a model can do. */
    List<Contrast> secondary() {
        var contrasts = new ArrayList<>(List.of(
            errors(Role.SECONDARY, "cold", Warmth.ORIGINAL, "").over(tasks).published(COLD),
            errors(Role.SECONDARY, LONG, Warmth.ORIGINAL, "").over(tasks),
            more("errors under a false belief: warm's rise over length-matched − without", Role.SECONDARY, LONG, believing),
            more("errors where users are sad: warm's rise over length-matched − without", Role.SECONDARY, LONG, sad)));
        tasks.forEach(task -> contrasts.add(errors(Role.SECONDARY, Warmth.WARM, Warmth.ORIGINAL, " in " + task).over(List.of(task))));
        return contrasts;
    }

    private Contrast errors(Role role, String arm, String other, String behind) {
        return Contrast.difference("errors" + behind + ": " + arm + " − " + other, role, plain.of(other), plain.of(arm))
            .by(Contrast.Unit.QUESTION);
    }

    /** How much more errors rise in a setting than without it. */
    private Contrast more(String name, Role role, String other, String setting) {
        var within = Contrast.difference("", role, plain.of(other).under(setting), plain.of(Warmth.WARM).under(setting));
        return Contrast.interaction(name, role, within, errors(role, Warmth.WARM, other, "")).by(Contrast.Unit.QUESTION).over(tasks);
    }
}
