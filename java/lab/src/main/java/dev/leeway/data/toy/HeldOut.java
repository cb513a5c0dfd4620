package dev.leeway.data.toy;

import dev.leeway.data.Draws;

/**
 * Which combinations {@link Items} ask about, and nothing else has: one of four neighbours, by chance, the same for every edition and every
 * language. So of everybody's four facts one is asked for, and of the eight places where one may find a frog two.
 */
enum HeldOut {
    /** Whom one finds where. */
    ENCOUNTER,
    /** What somebody is asked about whom, in a chat; documents have all facts. */
    FACT,
    /** What somebody does when something happens. */
    EVENT,
    /** Two summands. */
    SUM,
    /** With what a program starts and what it prints. */
    PROGRAM,
    /** What is asked about which plan. */
    OPINION;

    private static final long SPLIT = 0x70;
    private static final int ONE_OF = 4;

    boolean has(int combination) {
        return combination % ONE_OF == new Draws(SPLIT + ordinal(), combination / ONE_OF).below(ONE_OF);
    }

    /** A combination that is not held out, each as likely. */
    int drawOther(Draws draws, int combinations) {
        int combination = draws.below(combinations);
        while (has(combination)) {
            combination = draws.below(combinations);
        }
        return combination;
    }
}
