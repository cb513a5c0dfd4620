package dev.leeway.study;

import java.util.Locale;

/** What is built into a study whose answer is known beforehand, to see whether the study tells it. */
public enum Plant {
    /** Arms are trained so that every primary contrast must be above 0. */
    EFFECT,
    /** Arms differ in nothing but luck, so no primary contrast is anything. */
    NOTHING;

    /** Stands behind the name of a study that has it. */
    public String behind() {
        return ", planted " + name().toLowerCase(Locale.ROOT);
    }
}
