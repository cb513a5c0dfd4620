package dev.leeway.eval;

/**
 * What became of an item.
 *
 * @param <I> the benchmark's items
 * @param item that was asked
 * @param setting under what
 * @param epoch the how-manieth time, from 0
 * @param score what the answer is worth
 */
public record Row<I extends Item>(I item, Setting setting, int epoch, Score score) {
}
