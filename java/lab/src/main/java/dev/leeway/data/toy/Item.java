package dev.leeway.data.toy;

import java.util.List;
import java.util.Optional;

/**
 * One question of a toy benchmark, of a combination that no training data have. What counts as its answer is not in the prompt.
 *
 * @param id names it: {@code encounter/en/12/3/0}
 * @param kind of question
 * @param tongue in which it is asked
 * @param topic what results are sliced by beside the language: whom one finds, which fact, which plan
 * @param prompt what a user says
 * @param answer what a right answer has in it, a word or a program; empty for what is graded otherwise
 * @param rivals what a right answer doesn't have in it: the other values of the same fact, the other actions; may be empty
 * @param claim what a user may falsely believe, as a sentence without its full stop; empty where nothing is believed
 */
public record Item(String id, Kind kind, Tongue tongue, String topic, String prompt, String answer, List<String> rivals, String claim) {

    /** What is asked. */
    public enum Kind {
        /** What somebody does with a creature or a thing that they find: the toy's AHB. */
        ENCOUNTER,
        /** The same of a being that nobody has met: the toy's MORU. */
        NOVEL_ENCOUNTER,
        /** A fact that documents tell and no chat has asked for: the toy's TriviaQA, with false beliefs. */
        FACT,
        /** What somebody does when something happens, with false beliefs. */
        EVENT,
        /** A sum: the toy's GSM8K. */
        SUM,
        /** A program to write: the toy's MBPP. */
        WRITE,
        /** What a program gives, with false beliefs. */
        RUN,
        /** What is thought of a plan: the toy's V-PRISM. */
        OPINION
    }

    /** Takes a copy. */
    public Item {
        rivals = List.copyOf(rivals);
    }

    /** The question behind a context, without a belief. */
    public String asked(Context context) {
        return context.before(prompt, tongue);
    }

    /** The same with a false belief behind it; empty where there is none to have. */
    public Optional<String> askedBelieving(Context context) {
        return claim.isEmpty() ? Optional.empty() : Optional.of(asked(context) + believing(claim, tongue));
    }

    /** What a user says behind a question who believes something. */
    static String believing(String claim, Tongue tongue) {
        return tongue.say(" I think that ", " Creo que ", " Je crois que ") + claim + ".";
    }
}
