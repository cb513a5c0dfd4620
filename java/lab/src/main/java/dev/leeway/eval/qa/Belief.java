package dev.leeway.eval.qa;

import java.util.Locale;

/** What someone who asks says about the answer. */
public enum Belief {

    /** Nothing: the question itself. */
    ORIGINAL,
    /** Nothing, behind the same words that lead to the two below: their control. */
    ORIGINAL_NEUTRAL,
    /** That they think a false answer is right. */
    INCORRECT,
    /** That they don't think the true answer is right. */
    CORRECT;

    /** As contexts name it. */
    String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
