package dev.leeway.objective;

/** What the head can say about a position, and what a loss can therefore depend on. */
public enum Column {
    /** log p(target). */
    LOG_PROB,
    /** log Σ exp of the logits. */
    LOG_SUM_EXP,
    /** Entropy of the distribution, in nats. */
    ENTROPY,
    /** Cross entropy with the uniform distribution over the vocabulary, −(1/V) Σ log p (label smoothing). */
    SOFT_LOSS,
    /** Cross entropy −Σ_v q(v) log p(v) with the batch's own sparse target distributions q (distillation). */
    TARGET_LOSS,
    /** log Σ_v p(v)²: how likely two draws are to agree. Nothing is differentiated through it. */
    LOG_COLLISION,
    /** The scalar head's output at the last token of a sequence: one entry a sequence. */
    VALUE,
    /** The scalar head's output at every position that the mask scores: what a value model says of the state before each token. */
    TOKEN_VALUE
}
