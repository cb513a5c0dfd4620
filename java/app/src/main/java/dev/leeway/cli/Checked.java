package dev.leeway.cli;

/** A command that can tell what is wrong with its options before it runs. */
interface Checked {

    /** Reports everything that can be known to be wrong before anything is read. */
    void check(Problems problems);
}
