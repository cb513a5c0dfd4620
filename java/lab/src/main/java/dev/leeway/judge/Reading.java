package dev.leeway.judge;

/** What a rule read from a verdict. */
public sealed interface Reading {

    /**
     * A number.
     *
     * @param value the number; of {@link ParsePolicy.OneOf} the option's place in its list, from 0
     */
    record Value(double value) implements Reading {
    }

    /**
     * Nothing that the rule takes: excluded and counted, never a zero.
     *
     * @param reason why, in one sentence
     */
    record Missing(String reason) implements Reading {
    }
}
