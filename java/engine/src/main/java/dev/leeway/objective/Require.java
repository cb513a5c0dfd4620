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
}
