package dev.leeway.data;

import java.util.OptionalDouble;

/**
 * Two answers to one prompt, of which the first is the better one.
 *
 * @param chosen   the prompt and the better answer
 * @param rejected the same prompt and the worse one
 * @param margin   by how much it is better, on a scale of the data's own; reward models can be trained to keep at least that distance
 */
public record Preference(Exchange chosen, Exchange rejected, OptionalDouble margin) implements Row {

    /** Without a margin. */
    public Preference(Exchange chosen, Exchange rejected) {
        this(chosen, rejected, OptionalDouble.empty());
    }
}
