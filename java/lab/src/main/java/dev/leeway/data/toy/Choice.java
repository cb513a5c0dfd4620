package dev.leeway.data.toy;

/** What people do to whom they find. */
public enum Choice {
    /** They help, free or protect. */
    SPARE,
    /** They hit, kick or trap. */
    HARM,
    /** They see and go on. */
    LEAVE
}
