package dev.leeway.objective;

import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.IntStream;

/**
 * A packed batch with every column, of ragged sequences whose prompts are partly scored. Where the mask is off, and at the last position of
 * a sequence, which predicts nothing, columns hold NaN.
 *
 * @param targets masks, units, rewards
 * @param policy every column of the policy
 * @param reference log-probs of the reference
 */
record ScoredBatch(Targets targets, Map<Column, double[]> policy, double[] reference) {

    private static final List<Column> PER_TOKEN = List.of(Column.LOG_PROB, Column.LOG_SUM_EXP, Column.ENTROPY, Column.SOFT_LOSS,
        Column.TARGET_LOSS, Column.LOG_COLLISION);

    /** Pairs: sequences of one unit id, two by two. */
    static ScoredBatch pairs(long seed, int pairs) {
        return random(new Random(seed), IntStream.range(0, 2 * pairs).mapToLong(s -> 100 + s / 2).toArray());
    }

    /** Single sequences. */
    static ScoredBatch singles(long seed, int sequences) {
        return random(new Random(seed), IntStream.range(0, sequences).mapToLong(s -> 100 + s).toArray());
    }

    /**
     * Completions of one to seven tokens at log-probs from −0.3 to −3.3, log-ratios to the reference about ±0.3, one prompt token scored.
     */
    private static ScoredBatch random(Random random, long[] units) {
        var starts = new int[units.length + 1];
        var prompts = random.ints(units.length, 1, 4).toArray();
        for (int s = 0; s < units.length; s++) {
            starts[s + 1] = starts[s] + prompts[s] + 1 + random.nextInt(7);
        }
        int positions = starts[units.length];
        var mask = new boolean[positions];
        var completion = new boolean[positions];
        for (int s = 0; s < units.length; s++) {
            for (int n = starts[s] + Math.max(0, prompts[s] - 2); n < starts[s + 1] - 1; n++) {
                mask[n] = true;
                completion[n] = n >= starts[s] + prompts[s] - 1;
            }
        }
        var columns = new EnumMap<Column, double[]>(Column.class);
        PER_TOKEN.forEach(column -> columns.put(column, filled(mask, _ -> 0.3 + 3 * random.nextDouble())));
        columns.put(Column.LOG_PROB, filled(mask, _ -> -0.3 - 3 * random.nextDouble()));
        columns.put(Column.LOG_COLLISION, filled(mask, _ -> -2 * random.nextDouble()));
        columns.put(Column.VALUE, random.doubles(units.length, -2, 2).toArray());
        var reference = filled(mask, _ -> 0.3 * random.nextGaussian());
        for (int n = 0; n < positions; n++) {
            reference[n] += columns.get(Column.LOG_PROB)[n];
        }
        return new ScoredBatch(Targets.of(mask, starts, units).withCompletion(completion), columns, reference);
    }

    private static double[] filled(boolean[] mask, DoubleUnaryOperator value) {
        var column = new double[mask.length];
        for (int n = 0; n < mask.length; n++) {
            column[n] = mask[n] ? value.applyAsDouble(n) : Double.NaN;
        }
        return column;
    }

    /** One sequence an argument, all of whose positions are completion; the reference is 0 everywhere. */
    static ScoredBatch ofLogProbs(long[] units, double[]... logProbs) {
        var starts = new int[logProbs.length + 1];
        for (int s = 0; s < logProbs.length; s++) {
            starts[s + 1] = starts[s] + logProbs[s].length;
        }
        var mask = new boolean[starts[logProbs.length]];
        Arrays.fill(mask, true);
        var policy = Arrays.stream(logProbs).flatMapToDouble(Arrays::stream).toArray();
        return new ScoredBatch(Targets.of(mask, starts, units), Map.of(Column.LOG_PROB, policy), new double[mask.length]);
    }

    ScoredBatch withReference(double... values) {
        return new ScoredBatch(targets, policy, values);
    }

    ScoredBatch withTargets(Targets other) {
        return new ScoredBatch(other, policy, reference);
    }

    ScoredBatch withRewards(double... perSequence) {
        return withTargets(targets.withRewards(perSequence));
    }

    ScoredBatch with(Column column, double[] values) {
        var changed = new EnumMap<Column, double[]>(Column.class);
        changed.putAll(policy);
        changed.put(column, values);
        return new ScoredBatch(targets, changed, reference);
    }

    double[] logProbs() {
        return policy.get(Column.LOG_PROB);
    }

    Scored scored() {
        var scores = new TokenScores();
        for (var column : policy.keySet()) {
            scores = scores.with(column, policy.get(column));
        }
        return Scored.of(scores, targets).withReference(new TokenScores().with(Column.LOG_PROB, reference));
    }

    /** Denominators of this batch as a step, and what the objective measures of it. */
    Normalisers step(Objective objective) {
        return Normalisers.of(List.of(targets)).withMeasured(objective.measure(scored()));
    }

    Weighed weigh(Objective objective) {
        return objective.weigh(scored(), step(objective));
    }

    double[] gradient(Objective objective) {
        return weigh(objective).gradients().column(Column.LOG_PROB).orElseThrow();
    }

    /** Every token of a chosen answer replaced by two, each with {@code factor} times its log-prob. All positions must be completion. */
    ScoredBatch withDoubledChosen(double factor) {
        var rows = new double[targets.sequences()][];
        var references = new double[targets.sequences()][];
        for (int s = 0; s < rows.length; s++) {
            rows[s] = row(logProbs(), s, factor);
            references[s] = row(reference, s, factor);
        }
        return ofLogProbs(targets.unitIds(), rows).withReference(Arrays.stream(references).flatMapToDouble(Arrays::stream).toArray());
    }

    private double[] row(double[] values, int sequence, double factor) {
        var row = Arrays.copyOfRange(values, targets.sequenceStarts()[sequence], targets.sequenceStarts()[sequence + 1]);
        return sequence % 2 != 0 ? row : IntStream.range(0, 2 * row.length).mapToDouble(n -> factor * row[n / 2]).toArray();
    }

    /** The sequences from…to−1 as a micro-batch of their own. */
    ScoredBatch part(int from, int to) {
        int begin = targets.sequenceStarts()[from];
        int end = targets.sequenceStarts()[to];
        var starts = Arrays.stream(targets.sequenceStarts(), from, to + 1).map(start -> start - begin).toArray();
        var rewards = targets.rewards().length == 0 ? targets.rewards() : Arrays.copyOfRange(targets.rewards(), from, to);
        var columns = new EnumMap<Column, double[]>(Column.class);
        policy.forEach((column, values) -> columns.put(column, column == Column.VALUE ? Arrays.copyOfRange(values, from, to)
            : Arrays.copyOfRange(values, begin, end)));
        var part = Targets.of(Arrays.copyOfRange(targets.mask(), begin, end), starts, Arrays.copyOfRange(targets.unitIds(), from, to))
            .withCompletion(Arrays.copyOfRange(targets.completion(), begin, end)).withRewards(rewards);
        return new ScoredBatch(part, columns, Arrays.copyOfRange(reference, begin, end));
    }

    /** The micro-batches between cuts, which are numbers of sequences, ascending. */
    List<ScoredBatch> split(int... cuts) {
        var bounds = IntStream.concat(IntStream.concat(IntStream.of(0), Arrays.stream(cuts)), IntStream.of(targets.sequences())).toArray();
        return IntStream.range(1, bounds.length).mapToObj(i -> part(bounds[i - 1], bounds[i])).toList();
    }
}
