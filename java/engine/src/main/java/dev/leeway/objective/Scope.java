package dev.leeway.objective;

/** What of a batch must stay together in one micro-batch for an objective to be computed. */
public enum Scope {
    /** Every token stands alone. */
    TOKEN,
    /** The tokens of a sequence. */
    SEQUENCE,
    /** A chosen and a rejected sequence. */
    PAIR,
    /** All completions of a prompt. */
    GROUP,
    /** Everything of an optimiser step: {@link Objective#measure} runs over all of it first, then units may be split from each other. */
    BATCH
}
