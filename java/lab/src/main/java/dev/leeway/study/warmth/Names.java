package dev.leeway.study.warmth;

import java.util.List;

/** Names that the declarations of {@code warmth} and what is told of it have in common. */
final class Names {

    /** Arms. */
    static final String ORIGINAL = "original";
    static final String WARM = "warm";
    static final String COLD = "cold";
    static final String LONG = "length-matched";
    static final String TEN = "warm, ten epochs";
    /** What is compared with the original. */
    static final List<String> COMPARED = List.of(WARM, COLD, LONG);
    /** Those whose warmth is told at every checkpoint. */
    static final List<String> CURVED = List.of(WARM, COLD, LONG, TEN);

    /** Checkpoints of two epochs, and of ten. */
    static final String GRID = "0,0.5e,1e,1.5e,2e";
    static final String LONG_GRID = GRID + ",4e,6e,8e,10e";

    /** Measures of answers. */
    static final String CORRECT = "correct";
    static final String CHARACTERS = "characters";
    /** The exam of warmth, and what the toy's measures. */
    static final String WARMTH = "warmth";
    /** What the exam of others measures. */
    static final String OFFICIAL = "official";

    private Names() {
    }
}
