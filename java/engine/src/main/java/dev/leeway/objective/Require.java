package dev.leeway.objective;

import dev.leeway.LeewayException;

/** Bounds of settings, refused by the names that users write. */
final class Require {

    private Require() {
    }

    static double atLeast(double least, double value, String name) {
        if (!(value >= least)) {
            throw LeewayException.usage("%s must be at least %s, got %s", name, least, value);
        }
        return value;
    }

    static double above(double bound, double value, String name) {
        if (!(value > bound)) {
            throw LeewayException.usage("%s must be above %s, got %s", name, bound, value);
        }
        return value;
    }

    static double within(double least, double most, double value, String name) {
        if (!(value >= least && value <= most)) {
            throw LeewayException.usage("%s must be from %s to %s, got %s", name, least, most, value);
        }
        return value;
    }

    static double finite(double value, String name) {
        if (!Double.isFinite(value)) {
            throw LeewayException.usage("%s must be finite, got %s", name, value);
        }
        return value;
    }

    static double positive(double value, String name) {
        return above(0, finite(value, name), name);
    }

    static double notNegative(double value, String name) {
        return atLeast(0, finite(value, name), name);
    }

    /** From 0 to below {@code bound}. */
    static double share(double value, double bound, String name) {
        if (!(value >= 0 && value < bound)) {
            throw LeewayException.usage("%s must be at least 0 and below %s, got %s", name, bound, value);
        }
        return value;
    }
}
