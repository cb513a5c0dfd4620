package dev.leeway.cli.verify;

/**
 * How far single precision may land from the float64 reference. They are the gates that come with the reference cases: about five times
 * what transformers' own float32 run shows there, and at least six times below the smallest real mistake that was planted (eps off by ten
 * times).
 */
final class Gates {

    /** Logits, hidden states, log-probs: absolute. */
    static final double LOGITS = 5e-5;
    /** A loss: absolute. */
    static final double LOSS = 5e-6;
    /** A gradient: relative L2 a tensor. */
    static final double GRADIENT = 1e-5;
    /** A processed probability: |Δp| ≤ 2 p Δz · penalty / temperature, with Δz the gate of logits, penalty 1.3 and temperature 0.7. */
    static final double PROBABILITY = 2 * LOGITS * 1.3 / 0.7;
    /** Losses over a whole training run: absolute. */
    static final double TRAINING_LOSS = 1e-5;
    /** Gradient norms over a whole training run: relative. */
    static final double TRAINING_NORM = 5e-5;
    /** Weights at the end of a training run: relative L2 a tensor. */
    static final double TRAINING_WEIGHTS = 1e-4;

    private Gates() {
    }
}
