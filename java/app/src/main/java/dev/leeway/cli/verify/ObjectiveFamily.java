package dev.leeway.cli.verify;

import java.util.Set;

/** Losses whose cases look alike: what such a case holds, and how this build computes the same. */
interface ObjectiveFamily {

    /** How far a value computed in double may be off: relative. */
    double GATE = 1e-12;

    /**
     * A case's contents.
     *
     * @param params options of the loss; each must be read
     * @param inputs scores, masks, labels; each must be read
     * @param expected what other software computed; each must be compared
     */
    record Document(Fields params, Fields inputs, Fields expected) {

        void requireAllKnown() {
            params.requireAllKnown();
            inputs.requireAllKnown();
            expected.requireAllKnown();
        }
    }

    /** The names of its losses: values of {@code objective}. */
    Set<String> names();

    /** Computes and compares. */
    void check(Document document, Checks checks);
}
