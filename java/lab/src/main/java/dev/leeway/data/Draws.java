package dev.leeway.data;

import java.util.List;

/**
 * Random numbers as a pure function of a seed, a stream and a counter: SplitMix64 (Steele, Lea and Flood 2014) started at a hash of seed
 * and stream. The same on every machine and Java version, and any stream can be drawn without drawing those before it.
 */
public final class Draws {

    private static final long GOLDEN_GAMMA = 0x9E3779B97F4A7C15L;

    private long state;

    /** The start of a stream. */
    public Draws(long seed, long stream) {
        state = mix(mix(seed + GOLDEN_GAMMA) + stream * GOLDEN_GAMMA);
    }

    /** The next 64 bits. */
    public long next() {
        state += GOLDEN_GAMMA;
        return mix(state);
    }

    /** A number from 0 to {@code bound} − 1, each as likely but for one part in 2⁶⁴ / bound. */
    public int below(int bound) {
        return (int) Math.unsignedMultiplyHigh(next(), bound);
    }

    /** Any of them, each as likely. */
    public <T> T oneOf(List<T> choices) {
        return choices.get(below(choices.size()));
    }

    private static long mix(long value) {
        long mixed = (value ^ (value >>> 30)) * 0xBF58476D1CE4E5B9L;
        mixed = (mixed ^ (mixed >>> 27)) * 0x94D049BB133111EBL;
        return mixed ^ (mixed >>> 31);
    }
}
