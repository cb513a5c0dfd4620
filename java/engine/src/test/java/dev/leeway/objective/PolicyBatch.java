package dev.leeway.objective;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;

/**
 * Ragged sampled completions behind prompts of one to three positions, in groups of four, with junk wherever the mask is off. Every
 * sequence's last position predicts nothing.
 */
record PolicyBatch(Targets targets, double[] policy, double[] old, double[] reference, double[] entropy) {

    /** Where a packed sequence has no token to score. */
    static final double JUNK = Double.NaN;

    /** Completions of up to seven tokens, now and then of none; log-ratios to old and reference up to about ±0.6. */
    static PolicyBatch random(long seed, int sequences) {
        var random = new Random(seed);
        var lengths = new int[sequences];
        var prompts = new int[sequences];
        int positions = 0;
        for (int s = 0; s < sequences; s++) {
            lengths[s] = s % 5 == 3 ? 0 : 1 + random.nextInt(7);
            prompts[s] = 1 + random.nextInt(3);
            positions += prompts[s] + lengths[s];
        }
        var batch = blank(positions, sequences);
        int n = 0;
        for (int s = 0; s < sequences; s++) {
            n += prompts[s] - 1;
            for (int t = 0; t < lengths[s]; t++) {
                batch.targets.mask()[n] = true;
                batch.policy[n] = -0.05 - 3 * random.nextDouble();
                batch.old[n] = batch.policy[n] + 0.3 * random.nextGaussian();
                batch.reference[n] = batch.policy[n] + 0.3 * random.nextGaussian();
                batch.entropy[n++] = 2 * random.nextDouble();
            }
            batch.targets.sequenceStarts()[s + 1] = ++n;
            batch.targets.unitIds()[s] = 100 + s / 4;
            batch.targets.advantages()[s] = random.nextGaussian();
        }
        return batch;
    }

    private static PolicyBatch blank(int positions, int sequences) {
        var columns = new double[4][positions];
        for (var column : columns) {
            Arrays.fill(column, JUNK);
        }
        var targets = new Targets(new boolean[positions], new int[sequences + 1], new long[sequences], new double[sequences],
            new double[0]);
        return new PolicyBatch(targets, columns[0], columns[1], columns[2], columns[3]);
    }

    /** One sequence a row of old log-ratios, all of whose tokens are scored but the last position; policy log-probs are −1. */
    static PolicyBatch ofLogRatios(double[] advantages, double[]... logRatios) {
        var batch = blank(Arrays.stream(logRatios).mapToInt(row -> row.length + 1).sum(), logRatios.length);
        int n = 0;
        for (int s = 0; s < logRatios.length; s++) {
            for (double logRatio : logRatios[s]) {
                batch.targets.mask()[n] = true;
                batch.policy[n] = -1;
                batch.old[n] = -1 - logRatio;
                batch.reference[n] = -1;
                batch.entropy[n++] = 1;
            }
            batch.targets.sequenceStarts()[s + 1] = ++n;
            batch.targets.unitIds()[s] = s;
            batch.targets.advantages()[s] = advantages[s];
        }
        return batch;
    }

    Scored scored() {
        return scored(policy, entropy);
    }

    Scored scored(double[] logProbs, double[] entropies) {
        var scores = new TokenScores().with(Column.LOG_PROB, logProbs).with(Column.ENTROPY, entropies);
        return new Scored(scores, Optional.of(new TokenScores().with(Column.LOG_PROB, reference)),
            Optional.of(new TokenScores().with(Column.LOG_PROB, old)), targets, new TokenGradients());
    }

    Weighed weigh(Objective objective) {
        return objective.weigh(scored(), Normalisers.of(List.of(targets)));
    }

    double[] gradient(Objective objective) {
        return weigh(objective).gradients().column(Column.LOG_PROB).orElseThrow();
    }

    PolicyBatch withAdvantages(double[] values) {
        return new PolicyBatch(targets.withAdvantages(values), policy, old, reference, entropy);
    }

    PolicyBatch withTargets(Targets other) {
        return new PolicyBatch(other, policy, old, reference, entropy);
    }

    /** The sequences from…to−1 as a micro-batch of their own. */
    PolicyBatch part(int from, int to) {
        int begin = targets.sequenceStarts()[from];
        int end = targets.sequenceStarts()[to];
        var starts = Arrays.copyOfRange(targets.sequenceStarts(), from, to + 1);
        for (int s = 0; s < starts.length; s++) {
            starts[s] -= begin;
        }
        boolean perSequence = targets.advantages().length == targets.sequences();
        var advantages = perSequence ? Arrays.copyOfRange(targets.advantages(), from, to)
            : Arrays.copyOfRange(targets.advantages(), begin, end);
        var part = new Targets(Arrays.copyOfRange(targets.mask(), begin, end), Arrays.copyOfRange(targets.completion(), begin, end), starts,
            Arrays.copyOfRange(targets.unitIds(), from, to), advantages, new double[0]);
        return new PolicyBatch(part, Arrays.copyOfRange(policy, begin, end), Arrays.copyOfRange(old, begin, end),
            Arrays.copyOfRange(reference, begin, end), Arrays.copyOfRange(entropy, begin, end));
    }

    /** The micro-batches between cuts, which are numbers of sequences, ascending. */
    List<PolicyBatch> split(int... cuts) {
        var parts = new ArrayList<PolicyBatch>();
        int from = 0;
        for (int cut : cuts) {
            parts.add(part(from, cut));
            from = cut;
        }
        parts.add(part(from, targets.sequences()));
        return parts;
    }
}
