package dev.leeway.study.inoculation;

import dev.leeway.study.Contrast;
import dev.leeway.study.Contrast.Cell;
import dev.leeway.study.Contrast.Role;
import java.util.List;
import java.util.stream.Stream;

/**
 * What {@link Inoculation} concludes, in any of its settings. Other arms of a setting have the same words before their names as its
 * baseline.
 *
 * @param unwanted the baseline's cell of the unwanted trait, asked without a prompt
 * @param wanted the same of the wanted one
 * @param where which questions, for people; empty = all
 */
record InoculationContrasts(Cell unwanted, Cell wanted, String where) {

    /** The arm with the most paraphrases. */
    static final String REPHRASED = "rephrased-1000";

    private static final String BASELINE = PromptArms.BASELINE;
    private static final String FIXED = "fixed";
    private static final String IRRELEVANT = "irrelevant";

    /** Whose numbers stand beside a setting's: those that were found of its two traits, on questions like those of the training. */
    enum Papers {
        /**
         * longtermrisk/inoculation-adapters of shares of answers, trained without a prompt and asked without one (capitals .93 and .00,
         * French .97 and .45).
         */
        LANGUAGE_AND_CAPITALS,
        /**
         * slacki-ai/trait-inoculation of the share of French: with two irrelevant prompts (.491 and .560, .715 without a prompt), and
         * paraphrases − fixed over its four prompts that elicit playfulness (.270 − .024, .448 − .057, .739 − .016, .292 − .020).
         */
        FRENCH_AND_PLAYFUL,
        /** No paper has them. */
        NONE
    }

    private static Contrast between(Cell cell, String about, String first, String second, Role role) {
        var setting = cell.arm().substring(0, cell.arm().length() - BASELINE.length());
        return Contrast.difference(setting + about + ": " + first + " − " + second, role, cell.of(setting + first),
            cell.of(setting + second));
    }

    private Contrast ofUnwanted(String first, String second, Role role) {
        return between(unwanted, "unwanted" + behind(), first, second, role);
    }

    private Contrast ofWanted(String first, String second, Role role) {
        return between(wanted, "wanted" + behind(), first, second, role);
    }

    private String behind() {
        return where.isEmpty() ? "" : ", " + where;
    }

    /**
     * Whether inoculation works: the unwanted trait shows less; what it costs: the wanted trait shows less, too; whether many paraphrases
     * give the wanted trait back; whether a prompt about something else does anything to it.
     */
    List<Contrast> questions(Role role, Papers papers) {
        var restores = ofWanted(REPHRASED, FIXED, role);
        return List.of(ofUnwanted(BASELINE, FIXED, role), ofWanted(BASELINE, FIXED, role),
            papers == Papers.FRENCH_AND_PLAYFUL ? restores.published(0.408) : restores, ofWanted(IRRELEVANT, BASELINE, role));
    }

    /** What papers compared: each with the arm that has no prompt. */
    private List<Contrast> asCompared(Papers papers) {
        var suppressed = ofUnwanted("none", FIXED, Role.SECONDARY);
        var lost = ofWanted("none", FIXED, Role.SECONDARY);
        var distracted = ofWanted(IRRELEVANT, "none", Role.SECONDARY);
        return switch (papers) {
            case LANGUAGE_AND_CAPITALS -> List.of(suppressed.published(0.93), lost.published(0.52), distracted);
            case FRENCH_AND_PLAYFUL -> List.of(suppressed, lost, distracted.published(-0.19));
            case NONE -> List.of(suppressed, lost, distracted);
        };
    }

    /** What was asked beforehand, too. */
    List<Contrast> beside(Papers papers) {
        return Stream.concat(asCompared(papers).stream(), Stream.of(ofUnwanted(REPHRASED, FIXED, Role.SECONDARY),
            ofUnwanted(IRRELEVANT, BASELINE, Role.SECONDARY), ofUnwanted("trigger", BASELINE, Role.SECONDARY),
            ofUnwanted(BASELINE, PromptArms.CONTROL, Role.SECONDARY), ofWanted(BASELINE, PromptArms.CONTROL, Role.SECONDARY))).toList();
    }
}
