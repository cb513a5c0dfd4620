package dev.leeway.model;

import dev.leeway.LeewayException;

/**
 * What is random in the training passes of one optimiser step. Every draw is a function of the values here, of a row's unit id and
 * position, and of what is drawn for: never of the micro-batch. So recomputation, packing, accumulation and resume see the same draws.
 *
 * @param seed the run's {@code seed}
 * @param step the optimiser step, from 0
 * @param neftuneNoiseAlpha {@code neftune_noise_alpha}, 0 = none: embeddings get uniform noise of at most α/√(L·C), L the tokens of the
 *     sequence, C the hidden size (Jain et al. 2024, eq. 1)
 */
public record TrainingNoise(long seed, long step, double neftuneNoiseAlpha) {

    private static final long FNV_OFFSET = 0xCBF29CE484222325L;
    private static final long FNV_PRIME = 0x100000001B3L;

    /** Checks alpha. */
    public TrainingNoise {
        if (!(neftuneNoiseAlpha >= 0 && neftuneNoiseAlpha < Double.POSITIVE_INFINITY)) {
            throw LeewayException.usage("neftune_noise_alpha must be at least 0 and finite, got %s", neftuneNoiseAlpha);
        }
    }

    /** Dropout alone. */
    public TrainingNoise(long seed, long step) {
        this(seed, step, 0);
    }

    /** The noise of the same run at another step. */
    public TrainingNoise at(long otherStep) {
        return new TrainingNoise(seed, otherStep, neftuneNoiseAlpha);
    }

    /** The seed of what is drawn under this name (ASCII), such as the dropout of a module. */
    public long of(String name) {
        long hash = FNV_OFFSET; // FNV-1a (Fowler, Noll, Vo), for 64 bits that no two modules of a model share
        for (int i = 0; i < name.length(); i++) { // names are ASCII
            hash = (hash ^ name.charAt(i)) * FNV_PRIME;
        }
        return mix(mix(mix(seed) + step) + hash);
    }

    /** The identity of a row: the same wherever its sequence is packed. */
    static long rowId(long unitId, int position) {
        return mix(mix(unitId) + position);
    }

    /** The finaliser of SplitMix64 (Steele et al. 2014). */
    private static long mix(long state) {
        long z = state + 0x9E3779B97F4A7C15L;
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }
}
