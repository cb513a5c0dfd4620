package dev.leeway.train;

import dev.leeway.LeewayException;
import dev.leeway.model.Batch;
import dev.leeway.model.Llama;
import dev.leeway.objective.Advantages;
import dev.leeway.objective.Column;
import dev.leeway.objective.GeneralizedAdvantages;
import dev.leeway.objective.KlEstimator;
import dev.leeway.objective.KlReward;
import dev.leeway.objective.Rewards;
import dev.leeway.objective.TokenScores;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.IntStream;

/** Makes lessons of a rated rollout, by the rule of a method. */
final class Lessons {

    /**
     * What is learned from a rollout.
     *
     * @param lessons one a completion
     * @param advantages one a completion, for people
     * @param zeroDeviation the share of completions in groups whose rewards do not differ, where groups are compared
     * @param metrics what the rule adds
     */
    record Taught(List<Rollout.Lesson> lessons, double[] advantages, OptionalDouble zeroDeviation, Map<String, Double> metrics) {
    }

    private static final Set<Column> TOKEN_VALUE = Set.of(Column.TOKEN_VALUE);

    private final RolloutSettings settings;
    private final AdvantageRule rule;
    private final Optional<Reference> reference;
    private final Optional<Llama> critic;
    private final Passes passes;
    private final TokenScores room = new TokenScores();

    Lessons(RolloutSettings settings, AdvantageRule rule, Optional<Reference> reference, Optional<Llama> critic) {
        this.settings = settings;
        this.rule = rule;
        this.reference = reference;
        this.critic = critic;
        passes = new Passes(settings.microBatch());
        if (!(rule instanceof AdvantageRule.Generalized) && settings.numGenerations() < 2) {
            throw LeewayException.usage("num_generations must be at least 2: a completion is compared with others of its prompt; got %d",
                settings.numGenerations());
        }
        if (rule.klCoefficient() != 0 && reference.isEmpty()) {
            throw LeewayException.usage("the divergence from a reference is part of the reward, and the run has no reference; train an "
                + "adapter and switch it off for the reference, plan a reference model, or set the coefficient to 0");
        }
        if (rule instanceof AdvantageRule.Generalized != critic.isPresent()) {
            throw LeewayException.usage("PPO needs a value model, and only PPO; plan the session %s one",
                critic.isPresent() ? "without" : "with");
        }
    }

    Taught of(int number, Draws.Rated rated, double[] weights) {
        var written = IntStream.range(0, rated.drawn().size()).mapToObj(i -> Rollout.experience(number, rated.drawn(), i)).toList();
        return switch (rule) {
            case AdvantageRule.GroupRelative relative -> ofGroups(rated, relative(relative, rated, weights), Map.of());
            case AdvantageRule.LeaveOneOut leaveOneOut -> leaveOneOut(leaveOneOut, rated, written);
            case AdvantageRule.Generalized generalized -> generalized(generalized, rated, written);
        };
    }

    /** Each completion's group: its prompt's place in the rollout, since a rollout may hold a prompt twice. */
    private long[] groups(int completions) {
        return IntStream.range(0, completions).mapToLong(i -> i / settings.numGenerations()).toArray();
    }

    private Advantages relative(AdvantageRule.GroupRelative relative, Draws.Rated rated, double[] weights) {
        var groups = groups(rated.drawn().size());
        return switch (relative.multiObjective()) {
            case SUM_THEN_NORMALIZE -> Advantages.relative(rated.total(), groups, relative.scale(), Advantages.EPSILON);
            case NORMALIZE_THEN_SUM -> Advantages.ofScaledSum(rated.rewards(), weights, groups, Advantages.EPSILON);
        };
    }

    private Taught leaveOneOut(AdvantageRule.LeaveOneOut leaveOneOut, Draws.Rated rated, List<Experience> written) {
        var rewards = Rewards.clipped(rated.total(), leaveOneOut.least(), leaveOneOut.most());
        var metrics = new TreeMap<String, Double>();
        if (leaveOneOut.klCoefficient() != 0) {
            var divergences = divergences(rated.drawn(), written);
            rewards = KlReward.penalised(rewards, divergences, leaveOneOut.klCoefficient());
            metrics.put("kl", Arrays.stream(divergences).average().orElse(0));
        }
        var advantages = Advantages.leaveOneOut(rewards, groups(rewards.length), leaveOneOut.normalize(), Advantages.EPSILON);
        return ofGroups(rated, advantages, metrics);
    }

    /** Σ_t (ℓ_t − ℓ_ref,t) of each completion, ℓ as the sampler stored it; as in TRL, 0 of what is masked. */
    private double[] divergences(List<Drawn> drawn, List<Experience> written) {
        var places = IntStream.range(0, drawn.size()).filter(i -> isKept(drawn.get(i))).boxed().toList();
        var references = references(places.stream().map(written::get).toList());
        var sums = new double[drawn.size()];
        for (int e = 0; e < places.size(); e++) {
            int place = places.get(e);
            var logProbs = written.get(place).logProbs();
            for (int t = 0; t < logProbs.length; t++) {
                sums[place] += KlEstimator.K1.of(logProbs[t], references.get(e)[t]);
            }
        }
        return sums;
    }

    private List<double[]> references(List<Experience> written) {
        var source = reference.orElseThrow();
        source.setTemperature(settings.request().sampling().temperature());
        return passes.scored(passes.cut(written, Experience::length), Lessons::batch, batch -> source.score(batch, room), Column.LOG_PROB);
    }

    /** Completions behind their prompts, told nothing. */
    private static Batch batch(List<Experience> part) {
        return Batch.of(part.stream().map(one -> one.sequence(0)).toList());
    }

    private Taught ofGroups(Draws.Rated rated, Advantages advantages, Map<String, Double> metrics) {
        var lessons = new ArrayList<Rollout.Lesson>();
        for (int i = 0; i < rated.drawn().size(); i++) {
            var all = new double[rated.drawn().get(i).completion().tokens().length];
            Arrays.fill(all, advantages.values()[i]);
            lessons.add(new Rollout.Lesson(isKept(rated.drawn().get(i)), all));
        }
        return new Taught(List.copyOf(lessons), advantages.values(), OptionalDouble.of(advantages.zeroDeviation()), metrics);
    }

    private boolean isKept(Drawn one) {
        return one.isTerminated() || !settings.shaping().maskTruncatedCompletions();
    }

    /** What no function has rewarded or what is masked is no episode: nothing is learned from it, and it is no part of any mean. */
    private Taught generalized(AdvantageRule.Generalized generalized, Draws.Rated rated, List<Experience> all) {
        var places = IntStream.range(0, all.size())
            .filter(i -> !Double.isNaN(rated.total()[i]) && isKept(rated.drawn().get(i))).boxed().toList();
        var drawn = places.stream().map(rated.drawn()::get).toList();
        var written = places.stream().map(all::get).toList();
        var values = values(written);
        var references = generalized.klCoefficient() == 0 ? Optional.<List<double[]>>empty() : Optional.of(references(written));
        var episodes = new ArrayList<GeneralizedAdvantages.Episode>();
        for (int e = 0; e < drawn.size(); e++) {
            var logProbs = written.get(e).logProbs();
            double score = rated.total()[places.get(e)] - (drawn.get(e).isTerminated() ? 0 : generalized.missingEosPenalty());
            int episode = e;
            episodes.add(new GeneralizedAdvantages.Episode(logProbs, references.map(each -> each.get(episode)).orElse(logProbs),
                values.get(e), score));
        }
        var estimate = GeneralizedAdvantages.of(episodes, generalized.settings());
        var lessons = new Rollout.Lesson[rated.drawn().size()];
        var means = new double[lessons.length];
        for (int i = 0; i < lessons.length; i++) {
            lessons[i] = new Rollout.Lesson(false, new double[rated.drawn().get(i).completion().tokens().length]);
        }
        for (int e = 0; e < places.size(); e++) {
            lessons[places.get(e)] = new Rollout.Lesson(true, estimate.whitened()[e], values.get(e), estimate.advantages()[e]);
            means[places.get(e)] = Arrays.stream(estimate.whitened()[e]).average().orElse(0);
        }
        return new Taught(List.of(lessons), means, OptionalDouble.empty(), PpoMetrics.of(drawn, episodes, generalized.settings()));
    }

    /** What the value model says before each token, and behind the last of a completion that is shorter than it could be. */
    private List<double[]> values(List<Experience> written) {
        var model = critic.orElseThrow();
        return passes.scored(passes.cut(written, Experience::length), this::valueBatch, batch -> model.score(batch, TOKEN_VALUE, room),
            Column.TOKEN_VALUE);
    }

    private Batch valueBatch(List<Experience> part) {
        var nothing = part.stream().map(one -> new double[valued(one)]).toList();
        return Experience.valueBatch(part, nothing, nothing);
    }

    /** States of a completion that are valued: as in TRL, one more than tokens where there is room behind the last. */
    private int valued(Experience one) {
        int tokens = one.completion().length;
        return tokens < settings.request().maxNewTokens() ? tokens + 1 : tokens;
    }
}
