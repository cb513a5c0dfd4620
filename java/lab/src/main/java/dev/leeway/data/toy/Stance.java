package dev.leeway.data.toy;

/** What an answer takes to a plan. */
public enum Stance {
    /** For it. */
    SUPPORT,
    /** Neither. */
    NEUTRAL,
    /** Against it. */
    OPPOSE
}
