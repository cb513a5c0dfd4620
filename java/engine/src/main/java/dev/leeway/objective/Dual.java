package dev.leeway.objective;

/**
 * A number that depends on one quantity of a pair's chosen answer and one of its rejected answer, with its derivatives by both, which every
 * operation carries along (forward differentiation: Griewank and Walther 2008, ch. 3). So a loss is written as its formula, once.
 */
record Dual(double value, double byChosen, double byRejected) {

    /** The chosen answer's quantity itself. */
    static Dual chosen(double value) {
        return new Dual(value, 1, 0);
    }

    /** The rejected answer's quantity itself. */
    static Dual rejected(double value) {
        return new Dual(value, 0, 1);
    }

    static Dual constant(double value) {
        return new Dual(value, 0, 0);
    }

    /** f(this), given f there and its derivative. */
    private Dual map(double mapped, double slope) {
        return new Dual(mapped, slope * byChosen, slope * byRejected);
    }

    Dual plus(Dual other) {
        return new Dual(value + other.value, byChosen + other.byChosen, byRejected + other.byRejected);
    }

    Dual plus(double constant) {
        return new Dual(value + constant, byChosen, byRejected);
    }

    Dual minus(Dual other) {
        return plus(other.times(-1));
    }

    Dual times(double factor) {
        return map(factor * value, factor);
    }

    Dual times(Dual other) {
        return new Dual(value * other.value, byChosen * other.value + value * other.byChosen,
            byRejected * other.value + value * other.byRejected);
    }

    Dual square() {
        return map(value * value, 2 * value);
    }

    Dual exp() {
        double e = Math.exp(value);
        return map(e, e);
    }

    /** min(this, bound), whose derivative beyond the bound is 0. */
    Dual atMost(double bound) {
        return value > bound ? constant(bound) : this;
    }

    /** max(this, 0), whose derivative at 0 is 0. */
    Dual positivePart() {
        return value > 0 ? this : constant(0);
    }

    Dual sigmoid() {
        double s = Logistic.sigmoid(value);
        return map(s, s * Logistic.sigmoid(-value));
    }

    Dual logSigmoid() {
        return map(Logistic.logSigmoid(value), Logistic.sigmoid(-value));
    }

    /** −(1−ε) log σ(this) − ε log σ(−this): the loss of a preference that is wrong with probability ε. */
    Dual preferenceLoss(double epsilon) {
        var loss = logSigmoid().times(epsilon - 1);
        return epsilon == 0 ? loss : loss.minus(times(-1).logSigmoid().times(epsilon));
    }
}
