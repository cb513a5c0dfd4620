package dev.leeway.model;

import dev.leeway.objective.Targets;
import java.util.List;

/**
 * A packed batch: sequences end to end, without padding. Position n predicts {@code targets[n]}, the next token of its sequence; the last
 * position of a sequence predicts nothing.
 *
 * @param tokens (N) token ids
 * @param positions (N) position inside the sequence, from 0
 * @param sequenceStarts (S+1) where each sequence starts; the last entry is N
 * @param targets (N) the next token, or −1 at a sequence's end
 * @param mask (N) whether the target is trained
 * @param unitIds (S) a stable identity of each sequence
 */
public record Batch(int[] tokens, int[] positions, int[] sequenceStarts, int[] targets, boolean[] mask, long[] unitIds) {

    /**
     * One sequence.
     *
     * @param tokens its token ids
     * @param trained per token: whether the model is trained to predict it; the first token never is
     * @param unitId a stable identity, such as the row of the data set
     */
    public record Sequence(int[] tokens, boolean[] trained, long unitId) {

        /** Checks the lengths. */
        public Sequence {
            if (tokens.length == 0 || tokens.length != trained.length) {
                throw new IllegalArgumentException("a sequence needs one flag a token and at least one token; got " + tokens.length
                    + " tokens and " + trained.length + " flags");
            }
        }

        /** A sequence of which every token is trained. */
        public static Sequence allTrained(int[] tokens, long unitId) {
            var trained = new boolean[tokens.length];
            java.util.Arrays.fill(trained, true);
            return new Sequence(tokens, trained, unitId);
        }
    }

    /** Packs sequences in the given order. */
    public static Batch of(List<Sequence> sequences) {
        int rows = sequences.stream().mapToInt(sequence -> sequence.tokens().length).sum();
        var batch = new Batch(new int[rows], new int[rows], new int[sequences.size() + 1], new int[rows], new boolean[rows],
            new long[sequences.size()]);
        int start = 0;
        for (int s = 0; s < sequences.size(); s++) {
            batch.place(sequences.get(s), s, start);
            start += sequences.get(s).tokens().length;
        }
        return batch;
    }

    private void place(Sequence sequence, int index, int start) {
        int length = sequence.tokens().length;
        for (int t = 0; t < length; t++) {
            boolean last = t + 1 == length;
            tokens[start + t] = sequence.tokens()[t];
            positions[start + t] = t;
            targets[start + t] = last ? -1 : sequence.tokens()[t + 1];
            mask[start + t] = !last && sequence.trained()[t + 1];
        }
        sequenceStarts[index + 1] = start + length;
        unitIds[index] = sequence.unitId();
    }

    /** Number of positions, N. */
    public int rows() {
        return tokens.length;
    }

    /** Number of sequences, S. */
    public int sequences() {
        return unitIds.length;
    }

    /** The rows whose target is trained, ascending. */
    public int[] trainedRows() {
        int count = 0;
        for (boolean trained : mask) {
            count += trained ? 1 : 0;
        }
        var trained = new int[count];
        int next = 0;
        for (int n = 0; n < mask.length; n++) {
            if (mask[n]) {
                trained[next++] = n;
            }
        }
        return trained;
    }

    /** The last row of every sequence. */
    public int[] lastRows() {
        return java.util.stream.IntStream.range(0, sequences()).map(s -> sequenceStarts[s + 1] - 1).toArray();
    }

    /** Writes an identity of every row to ids (N): a function of its sequence's unit id and its position there. */
    void rowIds(long[] ids) {
        for (int s = 0; s < sequences(); s++) {
            for (int n = sequenceStarts[s]; n < sequenceStarts[s + 1]; n++) {
                ids[n] = TrainingNoise.rowId(unitIds[s], positions[n]);
            }
        }
    }

    /** What an objective sees of it. */
    public Targets objectiveTargets() {
        return Targets.of(mask, sequenceStarts, unitIds);
    }
}
