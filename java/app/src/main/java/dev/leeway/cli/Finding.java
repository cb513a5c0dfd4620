package dev.leeway.cli;

import java.util.Locale;

/**
 * What a check of the machine found.
 *
 * @param state whether leeway can work with it
 * @param name what was looked at
 * @param text what was found, and what to do where it isn't ok
 */
record Finding(State state, String name, String text) {

    /** Whether leeway can work with what was found. */
    enum State {
        /** As it should be. */
        OK,
        /** Not there, and leeway works without it. */
        MISSING,
        /** Leeway doesn't work with it. */
        BAD
    }

    static Finding ok(String name, String text) {
        return new Finding(State.OK, name, text);
    }

    static Finding missing(String name, String text) {
        return new Finding(State.MISSING, name, text);
    }

    static Finding bad(String name, String text) {
        return new Finding(State.BAD, name, text);
    }

    /** {@code ok       memory           7.1 of 8.2 GB free}. */
    String line() {
        return String.format(Locale.ROOT, "%-7s  %-15s  %s", state.name().toLowerCase(Locale.ROOT), name, text);
    }
}
