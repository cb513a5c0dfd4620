package dev.leeway.objective;

import dev.leeway.LeewayException;
import java.util.Map;

/** What every loss on preference pairs has alike: where the pairs of a micro-batch are, and what the log shows of them. */
final class Pairs {

    private final double all;
    private double chosen;
    private double rejected;
    private double accuracies;
    private double chosenLogProbs;
    private double rejectedLogProbs;

    /** Metrics of a micro-batch of a step with {@code all} pairs. */
    Pairs(double all) {
        this.all = all;
    }

    /** Sequences 2i and 2i+1 are a pair: the number of both together, once that is sure. */
    static int sequences(Targets targets) {
        int sequences = targets.sequences();
        for (int s = 0; s < sequences; s += 2) {
            if (s + 1 == sequences || targets.unitIds()[s] != targets.unitIds()[s + 1]) {
                throw LeewayException.data("sequence %d of a micro-batch, of unit %d, does not begin a pair; a chosen and a rejected "
                    + "sequence of one unit are expected next to each other", s, targets.unitIds()[s]);
            }
        }
        return sequences;
    }

    /** Counts a pair's rewards and the log-probabilities of its answers. */
    void add(double chosenReward, double rejectedReward, double chosenLogProb, double rejectedLogProb) {
        chosen += chosenReward;
        rejected += rejectedReward;
        accuracies += chosenReward > rejectedReward ? 1 : 0;
        chosenLogProbs += chosenLogProb;
        rejectedLogProbs += rejectedLogProb;
    }

    /** This micro-batch's shares of the means over all pairs, under TRL's names. */
    Map<String, Double> metrics() {
        return Map.of("rewards/chosen", chosen / all, "rewards/rejected", rejected / all, "rewards/accuracies", accuracies / all,
            "rewards/margins", (chosen - rejected) / all, "logps/chosen", chosenLogProbs / all, "logps/rejected", rejectedLogProbs / all);
    }
}
