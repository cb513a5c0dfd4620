package dev.leeway.objective;

import dev.leeway.LeewayException;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/**
 * Preference optimisation from single answers, each labelled desirable (+1) or undesirable (−1) in {@link Targets#rewards} (KTO: Ethayarajh
 * et al. 2024, eq. 7; TRL's {@code KTOTrainer}): the mean over the labelled sequences of the optimiser step of w σ(−y β (Δ − z)), y
 * the label, Δ the log-ratio Σ log π − Σ log π_ref of the answer, w the weight of its label.
 *
 * <p>z is the baseline max(0, mean Δ) over the step's sequences with label 0, answers put under other prompts; no gradient flows through
 * it. A forward-only pass measures it ({@link #measure}: the sum of Δ and the count). {@link Loss#APO_ZERO_UNPAIRED} has z = 0 and needs
 * none.
 */
public final class KahnemanTversky implements Objective {

    /** Its two forms; their names in lower case are TRL's. */
    public enum Loss {
        /** With the measured baseline. */
        KTO,
        /** Without (D'Oosterlinck et al. 2024, eq. 7, for single answers). */
        APO_ZERO_UNPAIRED;

        /** The loss of TRL's name. */
        public static Loss named(String name) {
            return Options.named("loss_type", name, values());
        }
    }

    private static final Set<Column> NEEDS = Set.of(Column.LOG_PROB);

    private final Loss loss;
    private final double beta;
    private final double desirableWeight;
    private final double undesirableWeight;

    /** KTO with TRL's defaults for both weights, 1. */
    public KahnemanTversky(double beta) {
        this(Loss.KTO, beta, 1, 1);
    }

    /**
     * With all options.
     *
     * @param loss {@code loss_type}
     * @param beta β, above 0; TRL's default is 0.1
     * @param desirableWeight {@code desirable_weight}
     * @param undesirableWeight {@code undesirable_weight}; the paper wants the two such that weight × count of both labels are within 1 to
     *     4/3
     */
    public KahnemanTversky(Loss loss, double beta, double desirableWeight, double undesirableWeight) {
        this.loss = loss;
        this.beta = Require.positive(beta, "beta");
        this.desirableWeight = Require.notNegative(desirableWeight, "desirable_weight");
        this.undesirableWeight = Require.notNegative(undesirableWeight, "undesirable_weight");
    }

    @Override
    public Set<Column> needs() {
        return NEEDS;
    }

    @Override
    public Scope scope() {
        return loss == Loss.KTO ? Scope.BATCH : Scope.SEQUENCE;
    }

    @Override
    public boolean needsReference() {
        return true;
    }

    @Override
    public double[] measure(Scored scored) {
        var sums = new double[2];
        for (int s = 0; s < scored.targets().sequences(); s++) {
            if (label(scored.targets(), s) == 0) {
                sums[0] += ratio(scored, s);
                sums[1]++;
            }
        }
        return sums;
    }

    @Override
    public boolean measures(Targets targets) {
        return has(targets, true);
    }

    @Override
    public boolean trains(Targets targets) {
        return has(targets, false);
    }

    private static boolean has(Targets targets, boolean mismatched) {
        for (int s = 0; s < targets.sequences(); s++) {
            if (label(targets, s) == 0 == mismatched) {
                return true;
            }
        }
        return false;
    }

    private static double label(Targets targets, int sequence) {
        if (targets.rewards().length != targets.sequences()) {
            throw new IllegalStateException("KTO reads a label a sequence; here are " + targets.rewards().length + " for "
                + targets.sequences());
        }
        return targets.rewards()[sequence];
    }

    private static double ratio(Scored scored, int sequence) {
        return Answer.require(scored.targets(), sequence).sumOfDifferences(scored.policy().logProb(), scored.requireReference().logProb());
    }

    private double baseline(Normalisers normalisers) {
        if (loss == Loss.APO_ZERO_UNPAIRED) {
            return 0;
        }
        if (!normalisers.isMeasured() || normalisers.measured(1) == 0) {
            throw LeewayException.data("no sequence of the step has label 0, so KTO's baseline is not measured; answers under other "
                + "prompts are expected beside the labelled ones, or loss_type apo_zero_unpaired");
        }
        return Math.max(0, normalisers.measured(0) / normalisers.measured(1));
    }

    private static double labelled(Normalisers normalisers) {
        long labelled = normalisers.desirable() + normalisers.undesirable();
        if (labelled == 0) {
            throw LeewayException.data("no sequence of the step is labelled desirable (+1) or undesirable (−1), so KTO has nothing to "
                + "train");
        }
        return labelled;
    }

    @Override
    public Weighed weigh(Scored scored, Normalisers normalisers) {
        var targets = scored.targets();
        var gradient = scored.gradients().room(Column.LOG_PROB, targets.mask().length);
        double baseline = baseline(normalisers);
        double labelled = labelled(normalisers);
        var log = new Log();
        double sum = 0;
        for (int s = 0; s < targets.sequences(); s++) {
            double label = Math.signum(label(targets, s));
            if (label != 0) {
                double ratio = ratio(scored, s);
                double weight = (label > 0 ? desirableWeight : undesirableWeight) / labelled;
                double u = label * beta * (ratio - baseline);
                sum += weight * Logistic.sigmoid(-u);
                Answer.of(targets, s).spread(-label * beta * weight * Logistic.sigmoid(u) * Logistic.sigmoid(-u), gradient);
                log.add(label > 0, beta * ratio, Answer.of(targets, s).sum(scored.policy().logProb()));
            }
        }
        return new Weighed(sum, scored.gradients(), log.metrics(baseline, normalisers));
    }

    /** Sums of what the log shows of both labels. */
    private static final class Log {
        private final double[] rewards = new double[2];
        private final double[] logProbs = new double[2];
        private final long[] count = new long[2];

        void add(boolean desirable, double reward, double logProb) {
            int label = desirable ? 0 : 1;
            rewards[label] += reward;
            logProbs[label] += logProb;
            count[label]++;
        }

        /** Means over each label of the step; a label that the step lacks is left out. */
        Map<String, Double> metrics(double baseline, Normalisers normalisers) {
            var metrics = new HashMap<String, Double>();
            double desirable = normalisers.desirable();
            double undesirable = normalisers.undesirable();
            metrics.put("kl", baseline * (count[0] + count[1]) / (desirable + undesirable));
            if (desirable > 0) {
                metrics.put("rewards/chosen", rewards[0] / desirable);
                metrics.put("logps/chosen", logProbs[0] / desirable);
            }
            if (undesirable > 0) {
                metrics.put("rewards/rejected", rewards[1] / undesirable);
                metrics.put("logps/rejected", logProbs[1] / undesirable);
            }
            if (desirable > 0 && undesirable > 0) {
                metrics.put("rewards/margins", rewards[0] / desirable - rewards[1] / undesirable);
            }
            return metrics;
        }
    }
}
