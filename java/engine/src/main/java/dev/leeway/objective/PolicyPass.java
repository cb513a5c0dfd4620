package dev.leeway.objective;

import dev.leeway.LeewayException;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** A micro-batch of {@link PolicyGradient}, added up sequence by sequence. */
final class PolicyPass {

    /**
     * A completion that has tokens.
     *
     * @param begin its sequence's first position
     * @param end behind its last
     * @param tokens tokens of the completion
     * @param weight of each of them in the loss
     * @param logRatio the logarithm of the ratio that its tokens share; 0 where each has its own
     * @param keepsNegative whether tokens with A &lt; 0 have a policy term
     */
    private record Completion(int sequence, int begin, int end, int tokens, double weight, double logRatio, boolean keepsNegative) {
    }

    private final PolicyGradient objective;
    private final Targets targets;
    private final Normalisers step;
    private final TokenGradients gradients;
    private final double[] logProb;
    private final double[] old;
    private final double[] reference;
    private final double[] gradient;
    private final Optional<double[]> entropy;
    private final ClipMetrics clips;
    private double policyLoss;
    private double divergence;
    private double gammaWeights;

    PolicyPass(PolicyGradient objective, Scored scored, Normalisers step) {
        this.objective = objective;
        this.step = step;
        targets = scored.targets();
        int advantages = targets.advantages().length;
        if (advantages != targets.sequences() && advantages != targets.mask().length) {
            throw LeewayException.data("%d advantages for %d completions of %d positions; one a completion or one a position is needed",
                advantages, targets.sequences(), targets.mask().length);
        }
        gradients = scored.gradients();
        logProb = scored.policy().logProb();
        old = objective.needsOld() ? scored.requireOld().logProb() : scored.old().map(TokenScores::logProb).orElse(logProb);
        reference = objective.needsReference() ? scored.requireReference().logProb() : logProb;
        gradient = gradients.room(Column.LOG_PROB, targets.mask().length);
        entropy = scored.policy().find(Column.ENTROPY);
        clips = new ClipMetrics(objective.surrogate(), objective.level(), step);
        if (objective.extras().entropyCoefficient() != 0) {
            scored.policy().column(Column.ENTROPY);
        }
    }

    void add(int sequence) {
        int tokens = Math.toIntExact(targets.completionTokens(sequence));
        if (tokens == 0) {
            return;
        }
        var completion = measure(sequence, tokens);
        double ratio = Math.exp(completion.logRatio());
        double byShared = 0;
        for (int n = completion.begin(); n < completion.end(); n++) {
            if (targets.completion()[n]) {
                byShared += addToken(completion, n, ratio);
            }
        }
        if (objective.level().isShared()) {
            spread(completion, byShared * objective.level().slope(tokens));
        }
        clips.endSequence(tokens);
    }

    private Completion measure(int sequence, int tokens) {
        int begin = targets.sequenceStarts()[sequence];
        int end = targets.sequenceStarts()[sequence + 1];
        double shared = 0;
        double drift = 0;
        for (int n = begin; n < end; n++) {
            if (targets.completion()[n]) {
                double logRatio = logProb[n] - old[n];
                shared += objective.level().contribution(logRatio, tokens);
                drift -= logRatio / tokens;
            }
        }
        double weight = objective.aggregation().weight(tokens, step);
        boolean keepsNegative = drift <= objective.extras().offPolicyMaskThreshold();
        var completion = new Completion(sequence, begin, end, tokens, weight, objective.level().isShared() ? shared : 0, keepsNegative);
        if (objective.surrogate() instanceof Surrogate.GammaWeighted gamma) {
            gammaWeights += gamma.weight(shared, targets.advantage(sequence, begin)) / step.sequences();
        }
        return completion;
    }

    /** Adds what a token contributes beside the ratio that its completion shares, and returns ∂loss/∂log of that ratio. */
    private double addToken(Completion completion, int n, double sharedRatio) {
        boolean shared = objective.level().isShared();
        double logRatio = shared ? completion.logRatio() : logProb[n] - old[n];
        double ratio = shared ? sharedRatio : Math.exp(logRatio);
        double advantage = targets.advantage(completion.sequence(), n);
        clips.add(ratio, advantage);
        var term = advantage == 0 || advantage < 0 && !completion.keepsNegative() ? Surrogate.Term.NONE
            : objective.surrogate().term(new Surrogate.Token(logRatio, ratio, logProb[n], advantage));
        double byLogRatio = term.byLogRatio();
        double direct = term.byLogProb();
        policyLoss += completion.weight() * term.loss();
        if (objective.needsReference()) {
            var penalty = objective.penalty();
            double difference = reference[n] - logProb[n];
            double correction = penalty.biasCorrection() ? ratio : 1;
            double k = KlPenalty.k3(difference) * correction;
            divergence += k;
            policyLoss += completion.weight() * penalty.beta() * k;
            direct += penalty.beta() * KlPenalty.k3Slope(difference) * correction;
            byLogRatio += penalty.biasCorrection() ? penalty.beta() * k : 0;
        }
        gradient[n] = completion.weight() * (shared ? direct : direct + byLogRatio);
        return completion.weight() * byLogRatio;
    }

    private void spread(Completion completion, double byLogProb) {
        for (int n = completion.begin(); n < completion.end(); n++) {
            if (targets.completion()[n]) {
                gradient[n] += byLogProb;
            }
        }
    }

    Weighed weighed() {
        var metrics = new TreeMap<String, Double>();
        double loss = policyLoss;
        if (entropy.isPresent()) {
            double mean = meanEntropy(entropy.get());
            metrics.put("entropy", mean);
            loss -= objective.extras().entropyCoefficient() * mean;
        }
        if (objective.extras().entropyCoefficient() != 0) {
            rewardEntropy();
            metrics.put("policy_loss", policyLoss);
        }
        if (objective.needsReference()) {
            metrics.put("kl", divergence / Math.max(1, step.completionTokens()));
        }
        if (objective.surrogate() instanceof Surrogate.GammaWeighted) {
            metrics.put("vespo/phi_seq_mean", gammaWeights);
        }
        clips.report(metrics);
        return new Weighed(loss, gradients, Map.copyOf(metrics));
    }

    private double meanEntropy(double[] values) {
        double sum = 0;
        for (int n = 0; n < targets.completion().length; n++) {
            sum += targets.completion()[n] ? values[n] : 0;
        }
        return sum / Math.max(1, step.completionTokens());
    }

    private void rewardEntropy() {
        var slope = gradients.room(Column.ENTROPY, targets.mask().length);
        for (int n = 0; n < targets.completion().length; n++) {
            slope[n] = targets.completion()[n] ? -objective.extras().entropyCoefficient() / step.completionTokens() : 0;
        }
    }
}
