package dev.leeway.reward;

import dev.leeway.LeewayException;
import dev.leeway.train.Drawn;
import dev.leeway.train.RewardSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** Rewards with their weights, asked together: {@code --reward_funcs} and {@code --reward_weights}. It owns its rewards. */
public final class RewardList implements RewardSource, AutoCloseable {

    private final List<Reward> rewards;
    private final double[] weights;
    private final Answers answers;

    /**
     * Rewards that read these answers.
     *
     * @param weights one a reward; empty = 1 for all
     */
    public RewardList(List<Reward> rewards, double[] weights, Answers answers) {
        if (weights.length > 0 && weights.length != rewards.size()) {
            throw LeewayException.usage("reward_weights has %d weights for %d rewards in reward_funcs; give one for each", weights.length,
                rewards.size());
        }
        this.rewards = List.copyOf(rewards);
        requireDifferentNames();
        this.weights = weights.length > 0 ? weights.clone() : rewards.stream().mapToDouble(_ -> 1).toArray();
        this.answers = answers;
    }

    /** Opens named rewards; those that are open already are closed if one cannot be. */
    public static RewardList open(List<RewardName> names, double[] weights, Answers answers, RewardRoom room) {
        var opened = new ArrayList<Reward>();
        try {
            names.forEach(name -> opened.add(name.open(room)));
            return new RewardList(opened, weights, answers);
        } catch (Throwable failure) {
            opened.forEach(Reward::close);
            throw failure;
        }
    }

    private void requireDifferentNames() {
        var seen = new TreeSet<String>();
        for (var reward : rewards) {
            if (!seen.add(reward.name())) {
                throw LeewayException.usage("reward_funcs has two rewards that metrics would call %s; rename one of the folders",
                    reward.name());
            }
        }
    }

    /** What users call them, in their order. */
    @Override
    public List<String> names() {
        return rewards.stream().map(Reward::name).toList();
    }

    /** One weight a reward. */
    @Override
    public double[] weights() {
        return weights.clone();
    }

    /** The parts of rows that a list of rewards reads. */
    public Set<String> reads() {
        var parts = new TreeSet<String>();
        rewards.forEach(reward -> parts.addAll(reward.reads()));
        return parts;
    }

    @Override
    public double[][] rewards(List<Drawn> drawn) {
        return of(drawn.stream().map(one -> answers.of(one.row(), one.completion().tokens(), !one.isTerminated())).toList());
    }

    /** (rewards)(completions); NaN where a reward has nothing to say. */
    public double[][] of(List<Answer> given) {
        return rewards.stream().map(reward -> reward.of(given)).toArray(double[][]::new);
    }

    @Override
    public void close() {
        rewards.forEach(Reward::close);
    }
}
