package dev.leeway.train;

import dev.leeway.objective.GeneralizedAdvantages;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What TRL's PPO logs of a rollout; the divergence only where it is part of the reward, since nobody asks the reference else. */
final class PpoMetrics {

    private PpoMetrics() {
    }

    static Map<String, Double> of(List<Drawn> drawn, List<GeneralizedAdvantages.Episode> episodes,
            GeneralizedAdvantages.Settings settings) {
        double kl = 0;
        double surprise = 0;
        double scores = 0;
        for (var episode : episodes) {
            scores += episode.score();
            for (int t = 0; t < episode.logProbs().length; t++) {
                kl += settings.klEstimator().of(episode.logProbs()[t], episode.reference()[t]);
                surprise -= episode.logProbs()[t];
            }
        }
        double count = Math.max(1, episodes.size());
        double ended = drawn.stream().filter(Drawn::isTerminated).count();
        double nonScore = -settings.klCoefficient() * kl / count;
        var metrics = new TreeMap<>(Map.of("objective/entropy", surprise / count, "objective/non_score_reward", nonScore,
            "objective/scores", scores / count, "objective/rlhf_reward", scores / count + nonScore, "val/num_eos_tokens", ended));
        if (settings.klCoefficient() != 0) {
            metrics.put("objective/kl", kl / count);
        }
        return metrics;
    }
}
