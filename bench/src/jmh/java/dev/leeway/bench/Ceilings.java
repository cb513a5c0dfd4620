package dev.leeway.bench;

/**
 * What the processor can do at most with so many threads, measured at the start of a run: medians of nine samples. Of a machine that is
 * shared with others this says what it could do then; ops are measured beside a ceiling of the same moment.
 *
 * @param fma multiply-adds of fp32 from registers, FLOP/s
 * @param pairs the same of bf16 pairs, FLOP/s; 0 without AVX512-BF16
 * @param read bytes read from memory a second
 * @param copy bytes read and written a second, past the caches
 */
public record Ceilings(double fma, double pairs, double read, double copy) {

    private static final int SAMPLES = 9;

    /** Measures; each thread has memory of its own. */
    public static Ceilings measure(int threads) {
        try (var meter = new Meter(threads, SAMPLES)) {
            return new Ceilings(meter.flops(false), meter.flops(true), meter.read(), meter.copy());
        }
    }

    /** The most FLOP/s that work of this intensity (FLOP a byte) can reach; without FLOPs, the most bytes a second. */
    public double attainable(boolean bf16, double flops, double bytes) {
        double bandwidth = Math.max(read, copy);
        return flops == 0 ? bandwidth : Math.min(peak(bf16), flops / bytes * bandwidth);
    }

    /** The most FLOP/s of a number type. */
    public double peak(boolean bf16) {
        return bf16 && pairs > 0 ? pairs : fma;
    }
}
