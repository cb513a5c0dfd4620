package dev.leeway.objective;

/** The logistic function and its relatives, without overflow and without cancellation (Mächler 2012, eq. 10). */
final class Logistic {

    private Logistic() {
    }

    /** σ(x) = 1 / (1 + e⁻ˣ); 1 − σ(x) is {@code sigmoid(-x)}, to full precision. */
    static double sigmoid(double x) {
        double e = Math.exp(-Math.abs(x));
        return (x < 0 ? e : 1) / (1 + e);
    }

    /** log σ(x). */
    static double logSigmoid(double x) {
        return Math.min(x, 0) - Math.log1p(Math.exp(-Math.abs(x)));
    }
}
