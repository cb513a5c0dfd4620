package dev.leeway.data;

/**
 * An answer that somebody found good or bad by itself, as KTO takes it.
 *
 * @param exchange prompt and answer
 * @param label    whether the answer is good
 */
public record Labelled(Exchange exchange, boolean label) implements Row {
}
