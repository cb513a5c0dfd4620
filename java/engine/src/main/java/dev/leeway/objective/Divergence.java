package dev.leeway.objective;

/**
 * Which divergence from the reference a preference loss bounds: a score f′(π/π_ref) of the log-ratio Δ, without constants that cancel
 * between the two answers (f-DPO: Wang et al. 2024; TRL's {@code f_divergence_type}).
 *
 * @param kind which one
 * @param alpha α of {@link Kind#ALPHA_DIVERGENCE}, {@code f_alpha_divergence_coef}
 */
public record Divergence(Kind kind, double alpha) {

    /** The divergences; their names in lower case are TRL's. */
    public enum Kind {
        /** KL(π ‖ π_ref): the score is Δ. */
        REVERSE_KL,
        /** KL(π_ref ‖ π): −e^(−Δ). */
        FORWARD_KL,
        /** Jensen–Shannon: log σ(Δ). */
        JS_DIVERGENCE,
        /** α-divergence: e^((α−1)Δ) / (α−1), and Δ where α = 1. */
        ALPHA_DIVERGENCE;

        /** The divergence of TRL's name. */
        public static Kind named(String name) {
            return Options.named("f_divergence_type", name, values());
        }
    }

    /** As far as a single-precision exponential reaches; TRL bounds the α-divergence there, and beyond it a pair has no gradient. */
    private static final double LARGEST_EXPONENT = 80;
    private static final double SAME_AS_REVERSE_KL = 1e-6;

    /** Checks α. */
    public Divergence {
        Require.finite(alpha, "f_alpha_divergence_coef");
    }

    /** The usual one. */
    public static Divergence reverseKl() {
        return new Divergence(Kind.REVERSE_KL, 0.5);
    }

    /** The score of a log-ratio. */
    Dual score(Dual ratio) {
        return switch (kind) {
            case REVERSE_KL -> ratio;
            case FORWARD_KL -> ratio.times(-1).atMost(LARGEST_EXPONENT).exp().times(-1);
            case JS_DIVERGENCE -> ratio.logSigmoid();
            case ALPHA_DIVERGENCE -> Math.abs(alpha - 1) < SAME_AS_REVERSE_KL ? ratio
                : ratio.times(alpha - 1).atMost(LARGEST_EXPONENT).exp().times(1 / (alpha - 1));
        };
    }
}
