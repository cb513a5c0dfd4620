package dev.leeway.objective;

/** What a token says of the divergence of policy and reference (Schulman 2020), by the names of {@code kl_estimator}. */
public enum KlEstimator {
    /** ℓ − ℓ_ref: unbiased, and negative now and then. */
    K1 {
        @Override
        public double of(double logProb, double reference) {
            return logProb - reference;
        }
    },
    /** e^d − d − 1 for d = ℓ_ref − ℓ: unbiased, never negative, of less variance while the two are near each other. */
    K3 {
        @Override
        public double of(double logProb, double reference) {
            return KlPenalty.k3(reference - logProb);
        }
    };

    /** The estimate of a token. */
    public abstract double of(double logProb, double reference);

    /** The estimator with this name. */
    public static KlEstimator named(String name) {
        return Options.named("kl_estimator", name, values());
    }
}
