package dev.leeway.eval;

/**
 * What a benchmark is, beside its items.
 *
 * @param id as {@code leeway eval --benchmarks} names it
 * @param version bumped whenever the same answers may get other numbers
 * @param title in a line
 * @param source where its items come from
 * @param headline the measure that comparisons of models are made with
 * @param better in which direction the headline is better
 * @param epochs how often each item is asked unless a run says otherwise
 */
public record Card(String id, int version, String title, Source source, Measure headline, Better better, int epochs) {

    /** In which direction a measure is better. */
    public enum Better {
        /** More is better. */
        HIGHER,
        /** Less is better. */
        LOWER,
        /** It tells models apart, and not which is better. */
        NEITHER
    }

    /**
     * A number that every item gets.
     *
     * @param name as {@link Score} has it
     * @param kind what values it has, which decides intervals and tests
     */
    public record Measure(String name, Kind kind) {
    }

    /** What values a measure has. */
    public enum Kind {
        /** 0 or 1 in one epoch. */
        BINARY,
        /** Any number. */
        REAL
    }
}
