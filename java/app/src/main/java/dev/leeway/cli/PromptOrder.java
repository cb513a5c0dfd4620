package dev.leeway.cli;

import dev.leeway.LeewayException;
import dev.leeway.data.Order;
import dev.leeway.data.PromptExample;
import dev.leeway.train.PromptSource;
import java.util.List;
import java.util.stream.LongStream;

/**
 * Prompts in an order that the seed decides: every epoch visits each once, and rollouts follow each other through the epochs.
 *
 * @param rows all prompts
 * @param order in which epochs visit them
 * @param spare in which others stand in for prompts that taught nothing
 * @param count prompts of a rollout
 * @param maxRedraws stand-ins of a rollout's prompt at most
 */
record PromptOrder(List<PromptExample> rows, Order order, Order spare, int count, int maxRedraws) implements PromptSource {

    static PromptOrder shuffled(List<PromptExample> rows, long seed, int count, int maxRedraws) {
        // The stand-ins' order is a permutation of its own: a seed that nobody is likely to give to the run itself.
        return new PromptOrder(rows, Order.shuffled(seed, rows.size()), Order.shuffled(~seed, rows.size()), count, maxRedraws);
    }

    @Override
    public List<PromptRow> prompts(int rollout) {
        return rows(order, (long) rollout * count);
    }

    @Override
    public List<PromptRow> replacements(int rollout, int redraw) {
        return rows(spare, ((long) rollout * maxRedraws + redraw - 1) * count);
    }

    private List<PromptRow> rows(Order visited, long first) {
        return LongStream.range(first, first + count).mapToInt(visited::rowAt)
            .mapToObj(row -> new PromptRow(row, rows.get(row).tokens())).toList();
    }

    @Override
    public double epochs(int rollouts) {
        return (double) rollouts * count / rows.size();
    }

    /** Optimiser steps of so many epochs, rounded up to whole rollouts; refuses more than an int counts. */
    static int steps(double epochs, int rows, int count, int stepsPerRollout) {
        double steps = Math.ceil(epochs * rows / count) * stepsPerRollout;
        if (steps > Integer.MAX_VALUE) {
            throw LeewayException.usage("%s epochs of %d prompts, %d a rollout of %d steps, are more steps than can be counted; lower "
                + "--num_train_epochs or how often a rollout is gone through", epochs, rows, count, stepsPerRollout);
        }
        return (int) steps;
    }
}
