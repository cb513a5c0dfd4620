package dev.leeway.study.inoculation;

import dev.leeway.study.Contrast;
import dev.leeway.study.Contrast.Cell;
import dev.leeway.study.Contrast.Role;
import java.util.ArrayList;
import java.util.List;

/**
 * What {@link Inoculation} concludes, in any of its settings. A cell is the baseline's, asked without a prompt; other arms of its setting
 * have the same words before their names.
 */
final class InoculationContrasts {

    private static final String BASELINE = "baseline";

    /** Whose numbers stand beside a setting's: those that were found of its two traits. */
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

    private InoculationContrasts() {
    }

    private static String named(Cell cell, String arm) {
        return cell.arm().substring(0, cell.arm().length() - BASELINE.length()) + arm;
    }

    private static Contrast between(Cell cell, String about, String first, String second, Role role) {
        var setting = named(cell, "");
        var slice = cell.slice().isEmpty() ? "" : ", " + cell.slice().substring(cell.slice().indexOf('=') + 1);
        return Contrast.difference(setting + about + slice + ": " + first + " − " + second, role, cell.of(named(cell, first)),
            cell.of(named(cell, second)));
    }

    /** Whether inoculation works: the unwanted trait shows less. */
    static Contrast works(Cell unwanted) {
        return between(unwanted, "unwanted", BASELINE, "fixed", Role.PRIMARY);
    }

    /** What it costs: the wanted trait shows less, too. */
    static Contrast costs(Cell wanted) {
        return between(wanted, "wanted", BASELINE, "fixed", Role.PRIMARY);
    }

    /** Whether many paraphrases give the wanted trait back. */
    static Contrast restores(Cell wanted, String rephrased, Papers papers) {
        return papers == Papers.FRENCH_AND_PLAYFUL ? restores(wanted, rephrased).published(0.408) : restores(wanted, rephrased);
    }

    private static Contrast restores(Cell wanted, String rephrased) {
        return between(wanted, "wanted", rephrased, "fixed", Role.PRIMARY);
    }

    /** Whether a prompt about something else does anything to the wanted trait. */
    static Contrast irrelevant(Cell wanted) {
        return between(wanted, "wanted", "irrelevant", BASELINE, Role.PRIMARY);
    }

    /** What a paper of the same two traits compared, if there is one. */
    private static List<Contrast> asCompared(Cell unwanted, Cell wanted, Papers papers) {
        var suppressed = between(unwanted, "unwanted", "none", "fixed", Role.SECONDARY);
        var lost = between(wanted, "wanted", "none", "fixed", Role.SECONDARY);
        var distracted = between(wanted, "wanted", "irrelevant", "none", Role.SECONDARY);
        return switch (papers) {
            case LANGUAGE_AND_CAPITALS -> List.of(suppressed.published(0.93), lost.published(0.52), distracted);
            case FRENCH_AND_PLAYFUL -> List.of(suppressed, lost, distracted.published(-0.19));
            case NONE -> List.of(suppressed, lost, distracted);
        };
    }

    /** What was asked beforehand, too: the same by slice, paraphrases and the unwanted trait, other prompts. */
    static List<Contrast> beside(Cell unwanted, Cell wanted, String rephrased, List<String> slices, Papers papers) {
        var all = new ArrayList<>(asCompared(unwanted, wanted, papers));
        for (var slice : slices) {
            all.add(between(unwanted.in(slice), "unwanted", BASELINE, "fixed", Role.SECONDARY));
            all.add(between(wanted.in(slice), "wanted", BASELINE, "fixed", Role.SECONDARY));
            all.add(between(wanted.in(slice), "wanted", rephrased, "fixed", Role.SECONDARY));
            all.add(between(wanted.in(slice), "wanted", "irrelevant", BASELINE, Role.SECONDARY));
        }
        all.add(between(unwanted, "unwanted", rephrased, "fixed", Role.SECONDARY));
        all.add(between(unwanted, "unwanted", "irrelevant", BASELINE, Role.SECONDARY));
        all.add(between(unwanted, "unwanted", "trigger", BASELINE, Role.SECONDARY));
        all.add(between(unwanted, "unwanted", BASELINE, "control", Role.SECONDARY));
        all.add(between(wanted, "wanted", BASELINE, "control", Role.SECONDARY));
        return all;
    }
}
