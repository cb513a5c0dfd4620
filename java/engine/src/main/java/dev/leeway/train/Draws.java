package dev.leeway.train;

import dev.leeway.LeewayException;
import dev.leeway.model.RowNames;
import dev.leeway.objective.Advantages;
import dev.leeway.objective.Rewards;
import dev.leeway.rollout.Generator;
import dev.leeway.rollout.Prompt;
import dev.leeway.rollout.RolloutCounts;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Draws a rollout and has it rewarded; groups that teach nothing are drawn again, as often as may be. */
final class Draws {

    /**
     * A rollout that was drawn and rewarded.
     *
     * @param rewards (functions, completions)
     * @param total of each completion
     */
    record Rated(List<Drawn> drawn, double[][] rewards, double[] total, RolloutListener.Effort effort) {
    }

    /** A group of completions and their rewards (functions, completions). */
    private record Group(List<Drawn> drawn, double[][] rewards) {
    }

    private static final RolloutCounts NOTHING = new RolloutCounts(0, 0, 0, 0, 0, 0);
    private static final String OVERLONG = "overlong";

    private final Generator generator;
    private final RolloutSettings settings;
    private final int longest;
    private final boolean eachFunctionTeaches;
    private final PromptSource prompts;
    private final RewardSource source;
    private final RowNames rowNames;
    private RolloutCounts counts = NOTHING;
    private int completions;
    private double generating;
    private double rewarding;

    /** Draws of a session; {@code rowNames} says what messages call a row of the data. */
    Draws(TrainingSession session, RolloutSettings settings, AdvantageRule rule, RolloutBatches.Parts parts, RowNames rowNames) {
        generator = session.generator();
        this.settings = settings;
        longest = Math.min(session.model().positions(), settings.microBatch().rows());
        eachFunctionTeaches = rule instanceof AdvantageRule.GroupRelative relative
            && relative.multiObjective() == AdvantageRule.MultiObjective.NORMALIZE_THEN_SUM;
        prompts = parts.prompts();
        source = parts.rewards();
        this.rowNames = rowNames;
        if (source.names().isEmpty() || source.names().size() != source.weights().length) {
            throw LeewayException.usage("reward_weights needs one weight a reward function: %d functions, %d weights",
                source.names().size(), source.weights().length);
        }
        for (double weight : source.weights()) {
            if (!Double.isFinite(weight)) {
                throw LeewayException.usage("reward_weights must be finite numbers; got %s", Arrays.toString(source.weights()));
            }
        }
    }

    /** Names of all functions, the engine's own last. */
    List<String> functions() {
        return punishes() ? Stream.concat(source.names().stream(), Stream.of(OVERLONG)).toList() : source.names();
    }

    /** Their weights. */
    double[] weights() {
        var weights = source.weights();
        if (!punishes()) {
            return weights;
        }
        var all = Arrays.copyOf(weights, weights.length + 1);
        all[weights.length] = 1;
        return all;
    }

    private boolean punishes() {
        return settings.shaping().softPunishCache() > 0;
    }

    Rated rollout(int number) {
        completions = 0;
        counts = NOTHING;
        generating = 0;
        rewarding = 0;
        var rows = prompts.prompts(number);
        var groups = groups(rows, number, 0);
        int redraws = 0;
        while (redraws < settings.shaping().maxRedraws() && !groups.stream().allMatch(this::teaches)) {
            replace(groups, number, ++redraws);
        }
        var drawn = groups.stream().flatMap(group -> group.drawn().stream()).toList();
        var rewards = punished(drawn, joined(groups));
        return new Rated(drawn, rewards, Rewards.weightedSum(rewards, weights()),
            new RolloutListener.Effort(completions, redraws, generating, rewarding, counts));
    }

    /** Whether the rewards of a group differ, or where each function is scaled by itself, those of any; length is not asked for. */
    private boolean teaches(Group group) {
        var weights = source.weights();
        return eachFunctionTeaches
            ? IntStream.range(0, weights.length).anyMatch(k -> weights[k] != 0 && Advantages.isInformative(group.rewards()[k]))
            : Advantages.isInformative(Rewards.weightedSum(group.rewards(), weights));
    }

    /** Draws anew where a group taught nothing; the new one stays only if it teaches. */
    private void replace(List<Group> groups, int number, int redraw) {
        var rows = prompts.replacements(number, redraw);
        requirePrompts(rows, number);
        var places = new ArrayList<Integer>();
        for (int i = 0; i < groups.size(); i++) {
            if (!teaches(groups.get(i))) {
                places.add(i);
            }
        }
        var fresh = groups(places.stream().map(rows::get).toList(), places, number, redraw);
        for (int i = 0; i < places.size(); i++) {
            if (teaches(fresh.get(i))) {
                groups.set(places.get(i), fresh.get(i));
            }
        }
    }

    private List<Group> groups(List<PromptSource.PromptRow> rows, int number, int redraw) {
        requirePrompts(rows, number);
        var places = new ArrayList<Integer>();
        for (int i = 0; i < rows.size(); i++) {
            places.add(i);
        }
        return groups(rows, places, number, redraw);
    }

    private void requirePrompts(List<PromptSource.PromptRow> rows, int number) {
        if (rows.size() != settings.prompts()) {
            throw LeewayException.data("rollout %d has %d prompts; generation_batch_size %d with num_generations %d needs %d", number + 1,
                rows.size(), settings.order().completions(), settings.numGenerations(), settings.prompts());
        }
    }

    private List<Group> groups(List<PromptSource.PromptRow> rows, List<Integer> places, int number, int redraw) {
        long begin = System.nanoTime();
        var drawn = generate(rows, places, number, redraw);
        long drawnAt = System.nanoTime();
        var rewards = rated(drawn);
        generating += (drawnAt - begin) * 1e-9;
        rewarding += (System.nanoTime() - drawnAt) * 1e-9;
        completions += drawn.size();
        int size = settings.numGenerations();
        var groups = new ArrayList<Group>();
        for (int first = 0; first < drawn.size(); first += size) {
            int from = first;
            groups.add(new Group(drawn.subList(first, first + size),
                Arrays.stream(rewards).map(row -> Arrays.copyOfRange(row, from, from + size)).toArray(double[][]::new)));
        }
        return groups;
    }

    /** The completions of some places of a rollout; every one has a stream of random numbers of its own in the run. */
    private List<Drawn> generate(List<PromptSource.PromptRow> rows, List<Integer> places, int number, int redraw) {
        rows.forEach(this::requireRoom);
        int size = settings.numGenerations();
        long before = ((long) number * (settings.shaping().maxRedraws() + 1) + redraw) * settings.order().completions();
        var asked = new ArrayList<Prompt>(rows.size());
        for (int i = 0; i < rows.size(); i++) {
            asked.add(Prompt.group(rows.get(i).tokens(), before + (long) places.get(i) * size, size));
        }
        var written = generator.generate(asked, settings.request());
        counts = sum(counts, generator.counts());
        var drawn = new ArrayList<Drawn>(rows.size() * size);
        for (int i = 0; i < rows.size(); i++) {
            for (var completion : written.get(i)) {
                drawn.add(new Drawn(rows.get(i).row(), rows.get(i).tokens(), completion));
            }
        }
        return drawn;
    }

    /** Refuses a prompt whose completions would have to be shorter than they may be. */
    private void requireRoom(PromptSource.PromptRow row) {
        int needed = row.tokens().length + settings.request().maxNewTokens();
        if (needed > longest) {
            throw LeewayException.data("%s: a prompt of %d tokens and max_completion_length %d are %d tokens together, and the model and "
                + "its passes take %d; shorten that prompt or leave it out, or lower max_completion_length", rowNames.of(row.row()),
                row.tokens().length, settings.request().maxNewTokens(), needed, longest);
        }
    }

    private static RolloutCounts sum(RolloutCounts some, RolloutCounts more) {
        return new RolloutCounts(more.pages(), more.pagesInUse(), Math.max(some.mostPages(), more.mostPages()),
            some.preemptions() + more.preemptions(), some.prefillTokens() + more.prefillTokens(),
            some.decodeTokens() + more.decodeTokens());
    }

    private double[][] rated(List<Drawn> drawn) {
        var rewards = source.rewards(drawn);
        if (rewards.length != source.names().size()) {
            throw LeewayException.data("%d reward functions gave %d rows of rewards", source.names().size(), rewards.length);
        }
        for (int k = 0; k < rewards.length; k++) {
            if (rewards[k].length != drawn.size()) {
                throw LeewayException.data("reward function %s gave %d rewards for %d completions; NaN stands for one that is missing",
                    source.names().get(k), rewards[k].length, drawn.size());
            }
            for (double reward : rewards[k]) {
                if (Double.isInfinite(reward)) {
                    throw LeewayException.data("reward function %s gave %s; a finite number is expected, or NaN where there is none",
                        source.names().get(k), reward);
                }
            }
        }
        return rewards;
    }

    private static double[][] joined(List<Group> groups) {
        int functions = groups.getFirst().rewards().length;
        var joined = new double[functions][];
        for (int k = 0; k < functions; k++) {
            int function = k;
            joined[k] = groups.stream().flatMapToDouble(group -> Arrays.stream(group.rewards()[function])).toArray();
        }
        return joined;
    }

    /** The rewards with the punishment of length as one more function, where it is in use; what has no reward has no punishment. */
    private double[][] punished(List<Drawn> drawn, double[][] rewards) {
        if (!punishes()) {
            return rewards;
        }
        var all = Arrays.copyOf(rewards, rewards.length + 1);
        var others = Rewards.weightedSum(rewards, source.weights());
        all[rewards.length] = new double[drawn.size()];
        for (int i = 0; i < drawn.size(); i++) {
            all[rewards.length][i] = Double.isNaN(others[i]) ? Double.NaN : Rewards.overlong(drawn.get(i).completion().tokens().length,
                settings.request().maxNewTokens(), settings.shaping().softPunishCache());
        }
        return all;
    }
}
