package dev.leeway.bench.ops;

/** A sum in double beside the sum of its terms' magnitudes, which rounding errors of the same sum in fp32 are proportional to. */
final class Sum {

    private static final double SINGLE = 0x1p-24;
    private static final double HALF = 0x1p-8;

    private double value;
    private double magnitude;
    private long terms;

    Sum add(double term) {
        value += term;
        magnitude += Math.abs(term);
        terms++;
        return this;
    }

    static Sum of(double term) {
        return new Sum().add(term);
    }

    double value() {
        return value;
    }

    /**
     * How far a result may be off: one rounding an addition (Higham 2002, eq. 3.5), and sixteen for what was done to each term, such as an
     * exponential.
     *
     * @param roundings how often each term was rounded to bf16 on its way
     * @param rounded whether the result is bf16 itself
     */
    double bound(int roundings, boolean rounded) {
        return (terms + 16) * SINGLE * magnitude + roundings * HALF * magnitude + (rounded ? HALF * Math.abs(value) : 0);
    }
}
