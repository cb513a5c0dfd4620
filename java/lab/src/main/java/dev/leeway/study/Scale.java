package dev.leeway.study;

/** How large a study is carried out. */
public enum Scale {
    /** Seconds: everything happens, and nothing is learned. */
    SMOKE,
    /** Minutes on two cores: a toy world, in which effects may appear. */
    TOY,
    /** The paper's own models and data, on hardware to match. */
    FULL
}
