package dev.leeway.train;

import dev.leeway.LeewayException;
import dev.leeway.model.Batch;
import dev.leeway.model.Llama;
import dev.leeway.objective.Column;
import dev.leeway.objective.TokenScores;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Log-probs of the reference for all rows of a run, computed once before the first step ({@code precompute_ref_log_probs}): training then
 * needs neither a second model nor a second forward pass. {@link ReferenceCache} keeps them in a file.
 *
 * <p>They are kept by an identity of 64 bits of a sequence: of its unit id, its tokens, and which of them are trained. Two of a million
 * sequences share one by accident once in 4·10⁷ runs.
 */
public final class ReferenceLogProbs implements Reference {

    private final Llama model;
    private final double temperature;
    private final long[] keys;
    private final float[][] logProbs;

    /** Of these sequences: {@code model} says what its rows are called. */
    ReferenceLogProbs(Llama model, double temperature, SortedMap<Long, float[]> bySequence) {
        this.model = model;
        this.temperature = temperature;
        keys = bySequence.keySet().stream().mapToLong(Long::longValue).toArray();
        logProbs = bySequence.values().toArray(float[][]::new);
    }

    /** Every micro-batch of the first {@code steps} steps, then these: all that a run may ask its reference for. */
    public static Iterable<Batch> rows(BatchSource data, int steps, List<Batch> evaluation) {
        return () -> batches(data, steps, evaluation);
    }

    private static Iterator<Batch> batches(BatchSource data, int steps, List<Batch> evaluation) {
        return Stream.concat(IntStream.range(0, steps).boxed().flatMap(step -> data.step(step).stream()), evaluation.stream()).iterator();
    }

    /**
     * Computes them with the weights as they are now; a sequence that comes again, as in a later epoch, is computed once.
     *
     * @param source the reference
     * @param temperature what its logits are divided by
     * @param batches all that will be asked for, within the model's planned capacity
     */
    public static ReferenceLogProbs compute(ReferenceModel source, double temperature, Iterable<Batch> batches) {
        source.setTemperature(temperature);
        var found = new TreeMap<Long, float[]>();
        var room = new TokenScores();
        for (var batch : batches) {
            if (!knows(found, batch)) {
                var column = source.score(batch, room).logProb();
                for (int s = 0; s < batch.sequences(); s++) {
                    found.put(key(batch, s), trained(batch, s, column));
                }
            }
        }
        return new ReferenceLogProbs(source.model(), temperature, found);
    }

    private static boolean knows(SortedMap<Long, float[]> found, Batch batch) {
        return IntStream.range(0, batch.sequences()).allMatch(s -> found.containsKey(key(batch, s)));
    }

    private static float[] trained(Batch batch, int sequence, double[] column) {
        var values = new float[batch.sequenceStarts()[sequence + 1] - batch.sequenceStarts()[sequence]];
        int count = 0;
        for (int n = batch.sequenceStarts()[sequence]; n < batch.sequenceStarts()[sequence + 1]; n++) {
            if (batch.mask()[n]) {
                values[count++] = (float) column[n]; // the head's own float, so nothing is rounded
            }
        }
        return Arrays.copyOf(values, count);
    }

    /** The identity of a sequence. */
    static long key(Batch batch, int sequence) {
        long hash = mix(batch.unitIds()[sequence]);
        for (int n = batch.sequenceStarts()[sequence]; n < batch.sequenceStarts()[sequence + 1]; n++) {
            hash = mix(hash + (batch.tokens()[n] * 2L + (batch.mask()[n] ? 1 : 0)));
        }
        return mix(hash);
    }

    /** The finaliser of SplitMix64 (Steele et al. 2014). */
    private static long mix(long state) {
        long z = state + 0x9E3779B97F4A7C15L;
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }

    @Override
    public TokenScores score(Batch batch, TokenScores room) {
        room.clear();
        var column = room.room(Column.LOG_PROB, batch.rows());
        for (int s = 0; s < batch.sequences(); s++) {
            int index = Arrays.binarySearch(keys, key(batch, s));
            if (index < 0) {
                throw LeewayException.data("the reference's log-probs were computed without %s as it is now (%d tokens); compute them anew "
                    + "for all rows of training and evaluation", model.rowNames().of(batch.unitIds()[s]),
                    batch.sequenceStarts()[s + 1] - batch.sequenceStarts()[s]);
            }
            int next = 0;
            for (int n = batch.sequenceStarts()[s]; n < batch.sequenceStarts()[s + 1]; n++) {
                column[n] = batch.mask()[n] ? logProbs[index][next++] : 0;
            }
        }
        return room;
    }

    @Override
    public void setTemperature(double other) {
        if (other != temperature) {
            throw LeewayException.usage("the reference's log-probs were computed at temperature %s, the run is trained at %s; compute them "
                + "anew", temperature, other);
        }
    }

    /** How many sequences it knows. */
    public int sequences() {
        return keys.length;
    }

    /** Their identities, ascending. */
    long[] keys() {
        return keys;
    }

    /** Their log-probs at trained positions, in the order of {@link #keys}. */
    float[][] logProbs() {
        return logProbs;
    }
}
