package dev.leeway.data;

/**
 * Two answers to one prompt, of which the first is the better one.
 *
 * @param chosen   the prompt and the better answer
 * @param rejected the same prompt and the worse one
 */
public record Preference(Exchange chosen, Exchange rejected) implements Row {
}
