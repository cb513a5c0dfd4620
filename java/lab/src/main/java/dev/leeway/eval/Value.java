package dev.leeway.eval;

import java.util.OptionalDouble;

/** A number, or why there is none. */
public sealed interface Value {

    /**
     * A number.
     *
     * @param number finite
     */
    record Given(double number) implements Value {
    }

    /**
     * None: it is left out and counted.
     *
     * @param reason why, in a sentence
     */
    record Missing(String reason) implements Value {
    }

    /** A number. */
    static Value of(double number) {
        return new Given(number);
    }

    /** 1 or 0. */
    static Value of(boolean holds) {
        return new Given(holds ? 1 : 0);
    }

    /** None. */
    static Value missing(String reason) {
        return new Missing(reason);
    }

    /** The number, if there is one. */
    default OptionalDouble asNumber() {
        return this instanceof Given given ? OptionalDouble.of(given.number()) : OptionalDouble.empty();
    }
}
