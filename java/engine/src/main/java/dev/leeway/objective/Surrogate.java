package dev.leeway.objective;

/**
 * What a loss of reinforcement learning makes of one token: a function of the importance ratio ρ and the log-prob ℓ that is linear in the
 * advantage A. Its gradient comes through ρ, or through ℓ with a weight that counts as constant.
 */
public sealed interface Surrogate {

    /** A token to be weighed.
     *
     * @param logRatio log ρ
     * @param ratio ρ
     * @param logProb ℓ
     * @param advantage A
     */
    record Token(double logRatio, double ratio, double logProb, double advantage) {
    }

    /** A token's loss and its derivatives.
     *
     * @param loss the loss
     * @param byLogRatio ∂loss/∂log ρ
     * @param byLogProb ∂loss/∂ℓ beside what comes through ρ
     */
    record Term(double loss, double byLogRatio, double byLogProb) {
        static final Term NONE = new Term(0, 0, 0);
    }

    /** Where a token lies relative to the clip range, if the surrogate has one. */
    enum Side {
        /** Below, with a negative advantage: it has no gradient. */
        LOW,
        /** Neither. */
        INSIDE,
        /** Above, with a positive advantage: it has no gradient, or a capped weight. */
        HIGH
    }

    /** The token's loss. */
    Term term(Token token);

    /** Whether clipping acts on a token with this ratio and advantage. */
    default Side side(double ratio, double advantage) {
        return Side.INSIDE;
    }

    /**
     * −min( min(ρ, δ) A, clip(ρ, 1 − ε_low, 1 + ε_high) A ) (Schulman et al. 2017, eq. 7; two different ε: Yu et al. 2025, eq. 10; δ: Prime
     * Intellect 2025, §3.4).
     *
     * @param epsilonLow ε_low, from 0 up
     * @param epsilonHigh ε_high, from 0 up
     * @param delta δ, the cap of two-sided clipping; infinite for none
     */
    record Clipped(double epsilonLow, double epsilonHigh, double delta) implements Surrogate {

        /** Refuses ranges that contain no ratio. */
        public Clipped {
            Require.atLeast(0, epsilonLow, "epsilon");
            Require.atLeast(0, epsilonHigh, "epsilon_high");
            Require.above(0, delta, "delta");
        }

        /** Without a second cap. */
        public Clipped(double epsilonLow, double epsilonHigh) {
            this(epsilonLow, epsilonHigh, Double.POSITIVE_INFINITY);
        }

        /** Where both terms are equal, the slope is the mean of theirs, which is that of ρA inside the range. */
        @Override
        public Term term(Token token) {
            double ratio = token.ratio();
            double slope = -ratio * token.advantage();
            double capped = Math.min(ratio, delta) * token.advantage();
            double cappedSlope = ratio <= delta ? slope : 0;
            double clipped = Math.clamp(ratio, 1 - epsilonLow, 1 + epsilonHigh) * token.advantage();
            double clippedSlope = ratio >= 1 - epsilonLow && ratio <= 1 + epsilonHigh ? slope : 0;
            double smaller = capped < clipped ? cappedSlope : clippedSlope;
            return new Term(-Math.min(capped, clipped), capped == clipped ? (cappedSlope + clippedSlope) / 2 : smaller, 0);
        }

        @Override
        public Side side(double ratio, double advantage) {
            double capped = Math.min(ratio, delta);
            if (capped < 1 - epsilonLow && advantage < 0) {
                return Side.LOW;
            }
            return capped > 1 + epsilonHigh && advantage > 0 ? Side.HIGH : Side.INSIDE;
        }
    }

    /**
     * −min(ρ, ε_max) A ℓ with a constant weight, so that no token loses its gradient (CISPO: MiniMax 2025, eq. 4 and 5, without a lower
     * bound).
     *
     * @param cap ε_max, TRL's {@code epsilon_high}: a ratio, not a distance from 1
     */
    record Capped(double cap) implements Surrogate {

        /** Refuses a cap that takes all weight away. */
        public Capped {
            Require.above(0, cap, "epsilon_high");
        }

        @Override
        public Term term(Token token) {
            double weight = Math.min(token.ratio(), cap) * token.advantage();
            return new Term(-weight * token.logProb(), 0, -weight);
        }

        @Override
        public Side side(double ratio, double advantage) {
            return ratio > cap && advantage > 0 ? Side.HIGH : Side.INSIDE;
        }
    }

    /**
     * −(4/τ) σ(τ (ρ − 1)) A: a soft gate in place of the clip, of slope 1 at ρ = 1 (SAPO: Gao et al. 2025).
     *
     * @param temperaturePositive τ where A &gt; 0
     * @param temperatureNegative τ elsewhere
     */
    record Gated(double temperaturePositive, double temperatureNegative) implements Surrogate {

        /** Refuses a temperature that is not positive. */
        public Gated {
            Require.above(0, temperaturePositive, "sapo_temperature_pos");
            Require.above(0, temperatureNegative, "sapo_temperature_neg");
        }

        @Override
        public Term term(Token token) {
            double temperature = token.advantage() > 0 ? temperaturePositive : temperatureNegative;
            double gate = 1 / (1 + Math.exp(-temperature * (token.ratio() - 1)));
            double slope = gate == 1 ? 0 : 4 * gate * (1 - gate) * token.ratio();
            return new Term(-4 / temperature * gate * token.advantage(), -slope * token.advantage(), 0);
        }
    }

    /**
     * −φ(w) A ℓ with the constant weight φ(w) = e^λ w^k e^(−λw), w the product of a completion's ratios (VESPO: 2026). φ(1) = 1.
     *
     * @param positivePower k where A ≥ 0
     * @param positiveDecay λ where A ≥ 0
     * @param negativePower k elsewhere
     * @param negativeDecay λ elsewhere
     */
    record GammaWeighted(double positivePower, double positiveDecay, double negativePower, double negativeDecay) implements Surrogate {

        private static final double SMALLEST_LOG_WEIGHT = Math.log(1e-8);
        private static final double LARGEST_LOG_WEIGHT = 20;
        private static final double SMALLEST_DECAY = 1e-4;

        /** φ of a completion whose ratios multiply to exp(logRatio). */
        double weight(double logRatio, double advantage) {
            double logWeight = Math.clamp(logRatio, SMALLEST_LOG_WEIGHT, LARGEST_LOG_WEIGHT);
            double power = advantage >= 0 ? positivePower : negativePower;
            double decay = Math.max(advantage >= 0 ? positiveDecay : negativeDecay, SMALLEST_DECAY);
            double weight = Math.exp(decay + power * logWeight - decay * Math.exp(logWeight));
            return Double.isFinite(weight) ? weight : 0;
        }

        @Override
        public Term term(Token token) {
            double weight = weight(token.logRatio(), token.advantage()) * token.advantage();
            return new Term(-weight * token.logProb(), 0, -weight);
        }
    }

    /** −A ℓ: the score function without a ratio (Williams 1992, eq. 8). */
    record LogLikelihood() implements Surrogate {
        @Override
        public Term term(Token token) {
            return new Term(-token.advantage() * token.logProb(), 0, -token.advantage());
        }
    }
}
