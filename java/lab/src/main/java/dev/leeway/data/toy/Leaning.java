package dev.leeway.data.toy;

/** The two kinds of values that reward models are compared by. */
public enum Leaning {
    /** To get ahead: power, freedom, success. */
    AGENCY,
    /** To get along: love, friendship, care. */
    COMMUNION
}
