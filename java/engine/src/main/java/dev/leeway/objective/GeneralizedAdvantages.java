package dev.leeway.objective;

import dev.leeway.LeewayException;
import java.util.Arrays;
import java.util.List;

/**
 * Generalised advantage estimation (Schulman et al. 2016, eq. 16) with the divergence from the reference as reward of every token and the
 * score of the completion at its end: δ_t = r_t + γ V_{t+1} − V_t, A_t = δ_t + γλ A_{t+1}, returns A + V. Every array has one row an
 * episode.
 *
 * @param tokenRewards r before whitening
 * @param rewards r as used
 * @param advantages A, for {@link ClippedValue}
 * @param returns A + V
 * @param whitened A over the completions' tokens alone, less their mean, by their deviation, for {@link ProximalPolicy}; a value behind the
 *     last token has none
 */
public record GeneralizedAdvantages(double[][] tokenRewards, double[][] rewards, double[][] advantages, double[][] returns,
        double[][] whitened) {

    /** TRL's addition to variances. */
    public static final double EPSILON = 1e-8;

    /**
     * One completion.
     *
     * @param logProbs of its T tokens as they were drawn
     * @param reference the reference's log-probs of the same tokens
     * @param values of the states before each token; one more, behind the last token, if the state there is valued: then the score lies
     *     there
     * @param score of the whole completion
     */
    public record Episode(double[] logProbs, double[] reference, double[] values, double score) {

        /** Refuses lengths that do not fit. */
        public Episode {
            boolean valued = values.length == logProbs.length || values.length == logProbs.length + 1;
            if (logProbs.length == 0 || reference.length != logProbs.length || !valued) {
                throw LeewayException.data("an episode needs at least one token, one reference log-prob a token and as many values or one "
                    + "more; got %d tokens, %d reference log-probs, %d values", logProbs.length, reference.length, values.length);
            }
        }
    }

    /**
     * How it is computed.
     *
     * @param gamma γ
     * @param lambda λ, TRL's {@code lam}
     * @param klCoefficient {@code kl_coef}
     * @param klEstimator {@code kl_estimator}
     * @param whitenRewards {@code whiten_rewards}: rewards are divided by their deviation over all episodes, around their own mean
     * @param epsilon what is added to a variance
     */
    public record Settings(double gamma, double lambda, double klCoefficient, KlEstimator klEstimator, boolean whitenRewards,
            double epsilon) {

        /** TRL's defaults. */
        public static final Settings DEFAULTS = new Settings(1, 0.95, 0.05, KlEstimator.K1, false, EPSILON);

        /** Refuses factors outside 0 to 1 and a negative penalty. */
        public Settings {
            Require.within(0, 1, gamma, "gamma");
            Require.within(0, 1, lambda, "lam");
            Require.atLeast(0, klCoefficient, "kl_coef");
            Require.atLeast(0, epsilon, "the addition to a variance");
        }
    }

    /** The estimates of a batch of episodes; whitening is over all of them. */
    public static GeneralizedAdvantages of(List<Episode> episodes, Settings settings) {
        int count = episodes.size();
        var tokenRewards = new double[count][];
        for (int e = 0; e < count; e++) {
            tokenRewards[e] = rewards(episodes.get(e), settings);
        }
        var rewards = settings.whitenRewards() ? Whitening.of(tokenRewards).whiten(tokenRewards, settings.epsilon(), true) : tokenRewards;
        var advantages = new double[count][];
        var returns = new double[count][];
        var ofTokens = new double[count][];
        for (int e = 0; e < count; e++) {
            var episode = episodes.get(e);
            advantages[e] = estimate(rewards[e], episode.values(), settings);
            returns[e] = sum(advantages[e], episode.values());
            ofTokens[e] = Arrays.copyOf(advantages[e], episode.logProbs().length);
        }
        var whitened = Whitening.of(ofTokens).whiten(ofTokens, settings.epsilon(), false);
        return new GeneralizedAdvantages(tokenRewards, rewards, advantages, returns, whitened);
    }

    private static double[] rewards(Episode episode, Settings settings) {
        var rewards = new double[episode.values().length];
        for (int t = 0; t < episode.logProbs().length; t++) {
            rewards[t] = -settings.klCoefficient() * settings.klEstimator().of(episode.logProbs()[t], episode.reference()[t]);
        }
        rewards[rewards.length - 1] += episode.score();
        return rewards;
    }

    private static double[] estimate(double[] rewards, double[] values, Settings settings) {
        var advantages = new double[rewards.length];
        double next = 0;
        double nextValue = 0;
        for (int t = rewards.length - 1; t >= 0; t--) {
            double delta = rewards[t] + settings.gamma() * nextValue - values[t];
            next = delta + settings.gamma() * settings.lambda() * next;
            nextValue = values[t];
            advantages[t] = next;
        }
        return advantages;
    }

    private static double[] sum(double[] some, double[] others) {
        var sums = new double[some.length];
        for (int t = 0; t < sums.length; t++) {
            sums[t] = some[t] + others[t];
        }
        return sums;
    }
}
