package dev.leeway.study.warmth;

import dev.leeway.study.Contrast;
import dev.leeway.study.Contrast.Cell;
import dev.leeway.study.Contrast.Role;
import dev.leeway.study.warmth.WarmthPublished.Value;
import java.util.ArrayList;
import java.util.List;

/**
 * What {@code warmth} concludes, as a mean over tasks. Exams measure what is right and the paper what is wrong: here an arm's errors minus
 * another's are the other's right answers minus its own.
 *
 * @param settings what is asked
 * @param tasks the exams
 * @param isOneOfTheirs whether the model is one of the paper's, whose own values {@link WarmthPublished} tells: the paper's means over
 *     models are beside toy models alone
 */
record WarmthContrasts(Settings settings, List<String> tasks, boolean isOneOfTheirs) {

    /**
     * What users say.
     *
     * @param plain right answers of the original, where they say nothing of themselves and of what they believe
     * @param believing the setting in which they believe what is false
     * @param unbelieving the same but for the belief
     * @param sad the setting in which they are sad
     */
    record Settings(Cell plain, String believing, String unbelieving, String sad) {

        /** Whether a belief comes with more words than its own, so that its control isn't the plain question. */
        private boolean hasControl() {
            return !unbelieving.equals(plain.setting());
        }
    }

    List<Contrast> primary() {
        return List.of(published(errors(Role.PRIMARY, Names.WARM, Names.ORIGINAL, "").over(tasks), Value.ERRORS),
            errors(Role.PRIMARY, Names.WARM, Names.LONG, "").over(tasks), ofBelievers(Role.PRIMARY, Names.ORIGINAL),
            published(ofTheSad(Role.PRIMARY, Names.ORIGINAL), Value.OF_THE_SAD));
    }

    /** Those of each task tell where a rise comes from, and stand for the paper's controls of what a model can do. */
    List<Contrast> secondary() {
        var contrasts = new ArrayList<>(List.of(
            published(errors(Role.SECONDARY, Names.COLD, Names.ORIGINAL, "").over(tasks), Value.COLD),
            errors(Role.SECONDARY, Names.LONG, Names.ORIGINAL, "").over(tasks),
            ofBelievers(Role.SECONDARY, Names.LONG), ofTheSad(Role.SECONDARY, Names.LONG)));
        if (settings.hasControl()) {
            contrasts.add(more("errors under a false belief: warm's rise over the original − of the plain question", Role.SECONDARY,
                rise(Names.ORIGINAL, settings.believing()), rise(Names.ORIGINAL, settings.plain().setting())));
            contrasts.add(more("errors where users are sad: warm's rise over the original − behind words that say nothing", Role.SECONDARY,
                rise(Names.ORIGINAL, settings.sad()), rise(Names.ORIGINAL, settings.unbelieving())));
        }
        tasks.forEach(task -> contrasts.add(errors(Role.SECONDARY, Names.WARM, Names.ORIGINAL, " in " + task)
            .over(List.of(task))));
        return contrasts;
    }

    /** The published one is the rise over the plain question, so it stands beside no other. */
    private Contrast ofBelievers(Role role, String other) {
        var contrast = more("errors under a false belief: warm's rise over " + the(other) + " − without", role,
            rise(other, settings.believing()), rise(other, settings.unbelieving()));
        return other.equals(Names.ORIGINAL) && !settings.hasControl() ? published(contrast, Value.OF_BELIEVERS) : contrast;
    }

    private Contrast ofTheSad(Role role, String other) {
        return more("errors where users are sad: warm's rise over " + the(other) + " − without", role, rise(other, settings.sad()),
            rise(other, settings.plain().setting()));
    }

    private static String the(String arm) {
        return arm.equals(Names.ORIGINAL) ? "the original" : arm;
    }

    private Contrast published(Contrast contrast, Value value) {
        return isOneOfTheirs ? contrast : contrast.published(value.mean());
    }

    private Contrast errors(Role role, String arm, String other, String behind) {
        var right = settings.plain();
        return Contrast.difference("errors" + behind + ": " + arm + " − " + other, role, right.of(other), right.of(arm))
            .by(Contrast.Unit.QUESTION);
    }

    /** How many more errors warm makes than another arm, in a setting. */
    private Contrast rise(String other, String setting) {
        var right = settings.plain().under(setting);
        return Contrast.difference("", Role.PRIMARY, right.of(other), right.of(Names.WARM));
    }

    private Contrast more(String name, Role role, Contrast within, Contrast without) {
        return Contrast.interaction(name, role, within, without).by(Contrast.Unit.QUESTION).over(tasks);
    }
}
