package dev.leeway.model;

import dev.leeway.objective.Column;
import dev.leeway.objective.Targets;
import dev.leeway.objective.TokenScores;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * A packed batch: sequences end to end, without padding. Position n predicts {@code targets[n]}, the next token of its sequence; the last
 * position of a sequence predicts nothing.
 *
 * @param tokens (N) token ids
 * @param positions (N) position inside the sequence, from 0
 * @param targets (N) the next token, or −1 at a sequence's end
 * @param objectiveTargets what an objective sees of it: where sequences start, which targets are trained, and what it is told besides
 * @param old log-probs (N) that the sampler stored when it drew the tokens, where the sequences have some
 * @param teacher what the tokens should be distributed like, where a teacher says so
 */
public record Batch(int[] tokens, int[] positions, int[] targets, Targets objectiveTargets, Optional<TokenScores> old,
        Optional<SparseTargets> teacher) {

    /**
     * One sequence.
     *
     * @param tokens its token ids
     * @param trained per token: whether the model is trained to predict it; the first token never is
     * @param unitId a stable identity, such as the row of the data set; the sequences of a pair or group share it
     * @param told what an objective is told besides
     */
    public record Sequence(int[] tokens, boolean[] trained, long unitId, Told told) {

        /** Checks the lengths. */
        public Sequence {
            if (tokens.length == 0 || tokens.length != trained.length) {
                throw new IllegalArgumentException("a sequence needs one flag a token and at least one token; got " + tokens.length
                    + " tokens and " + trained.length + " flags");
            }
            told.requireLength(tokens.length);
        }

        /** A sequence of which an objective is told nothing else. */
        public Sequence(int[] tokens, boolean[] trained, long unitId) {
            this(tokens, trained, unitId, Told.NOTHING);
        }

        /** A sequence of which every token is trained. */
        public static Sequence allTrained(int[] tokens, long unitId) {
            var trained = new boolean[tokens.length];
            Arrays.fill(trained, true);
            return new Sequence(tokens, trained, unitId);
        }

        /** The same with an answer that is less than what is trained: per token, whether it belongs to the answer. */
        public Sequence withCompletion(boolean[] completion) {
            return new Sequence(tokens, trained, unitId, new Told(completion, told.reward, told.advantages, told.oldLogProbs));
        }

        /** The same with a reward, a margin or a label, as the objective defines. */
        public Sequence withReward(double reward) {
            return new Sequence(tokens, trained, unitId,
                new Told(told.completion, OptionalDouble.of(reward), told.advantages, told.oldLogProbs));
        }

        /** The same with one advantage for all its tokens. */
        public Sequence withAdvantage(double advantage) {
            var all = new double[tokens.length];
            Arrays.fill(all, advantage);
            return withAdvantages(all);
        }

        /** The same with an advantage for each token. */
        public Sequence withAdvantages(double[] advantages) {
            return new Sequence(tokens, trained, unitId, new Told(told.completion, told.reward, advantages, told.oldLogProbs));
        }

        /** The same with ln p of each token as the sampler stored it; what it says of tokens that are not trained counts for nothing. */
        public Sequence withOldLogProbs(double[] oldLogProbs) {
            return new Sequence(tokens, trained, unitId, new Told(told.completion, told.reward, told.advantages, oldLogProbs));
        }

        private boolean isCompletion(int token) {
            return trained[token] && (told.completion.length == 0 || told.completion[token]);
        }
    }

    /**
     * What an objective is told of a sequence beside its tokens. An empty array says nothing.
     *
     * @param completion per token: whether it belongs to the answer; empty = the answer is what is trained
     * @param reward a reward, a margin or a label
     * @param advantages per token
     * @param oldLogProbs per token: its log-prob when it was drawn
     */
    public record Told(boolean[] completion, OptionalDouble reward, double[] advantages, double[] oldLogProbs) {

        private static final Told NOTHING = new Told(new boolean[0], OptionalDouble.empty(), new double[0], new double[0]);

        private void requireLength(int length) {
            for (int given : new int[] {completion.length, advantages.length, oldLogProbs.length}) {
                if (given != 0 && given != length) {
                    throw new IllegalArgumentException("a sequence of " + length + " tokens was told something of " + given + " tokens");
                }
            }
        }
    }

    /** Packs sequences in the given order. What one of them is told besides is 0 for those that are not told it. */
    public static Batch of(List<Sequence> sequences) {
        int rows = sequences.stream().mapToInt(sequence -> sequence.tokens().length).sum();
        var batch = withRoom(rows, sequences);
        int start = 0;
        for (int s = 0; s < sequences.size(); s++) {
            batch.place(sequences.get(s), s, start);
            start += sequences.get(s).tokens().length;
        }
        return batch;
    }

    private static Batch withRoom(int rows, List<Sequence> sequences) {
        var mask = new boolean[rows];
        boolean answers = sequences.stream().anyMatch(sequence -> sequence.told().completion().length > 0);
        boolean advantages = sequences.stream().anyMatch(sequence -> sequence.told().advantages().length > 0);
        boolean rewards = sequences.stream().anyMatch(sequence -> sequence.told().reward().isPresent());
        boolean old = sequences.stream().anyMatch(sequence -> sequence.told().oldLogProbs().length > 0);
        var targets = new Targets(mask, answers ? new boolean[rows] : mask, new int[sequences.size() + 1], new long[sequences.size()],
            new double[advantages ? rows : 0], new double[rewards ? sequences.size() : 0]);
        return new Batch(new int[rows], new int[rows], new int[rows], targets, old ? Optional.of(column(rows)) : Optional.empty(),
            Optional.empty());
    }

    /** The same with a teacher's distribution of each position's target. */
    public Batch withTeacher(SparseTargets distributions) {
        if (distributions.starts().length != rows() + 1) {
            throw new IllegalArgumentException("a batch of " + rows() + " positions was given target distributions of "
                + (distributions.starts().length - 1));
        }
        return new Batch(tokens, positions, targets, objectiveTargets, old, Optional.of(distributions));
    }

    private static TokenScores column(int rows) {
        var scores = new TokenScores();
        scores.room(Column.LOG_PROB, rows);
        return scores;
    }

    private void place(Sequence sequence, int index, int start) {
        int length = sequence.tokens().length;
        for (int t = 0; t < length; t++) {
            boolean last = t + 1 == length;
            tokens[start + t] = sequence.tokens()[t];
            positions[start + t] = t;
            targets[start + t] = last ? -1 : sequence.tokens()[t + 1];
            mask()[start + t] = !last && sequence.trained()[t + 1];
            objectiveTargets.completion()[start + t] = !last && sequence.isCompletion(t + 1);
        }
        sequenceStarts()[index + 1] = start + length;
        unitIds()[index] = sequence.unitId();
        tell(sequence.told(), index, start);
    }

    /** What is said of token t + 1 stands where it is predicted, at position t. */
    private void tell(Told told, int index, int start) {
        told.reward().ifPresent(reward -> objectiveTargets.rewards()[index] = reward);
        if (told.advantages().length > 0) {
            System.arraycopy(told.advantages(), 1, objectiveTargets.advantages(), start, told.advantages().length - 1);
        }
        if (told.oldLogProbs().length > 0) {
            System.arraycopy(told.oldLogProbs(), 1, old.orElseThrow().logProb(), start, told.oldLogProbs().length - 1);
        }
    }

    /** (S+1) where each sequence starts; the last entry is N. */
    public int[] sequenceStarts() {
        return objectiveTargets.sequenceStarts();
    }

    /** (N) whether the target is trained. */
    public boolean[] mask() {
        return objectiveTargets.mask();
    }

    /** (S) a stable identity of each sequence. */
    public long[] unitIds() {
        return objectiveTargets.unitIds();
    }

    /** Number of positions, N. */
    public int rows() {
        return tokens.length;
    }

    /** Number of sequences, S. */
    public int sequences() {
        return unitIds().length;
    }

    /** The rows whose target is trained, ascending. */
    public int[] trainedRows() {
        int count = 0;
        for (boolean trained : mask()) {
            count += trained ? 1 : 0;
        }
        var rows = new int[count];
        int next = 0;
        for (int n = 0; n < rows(); n++) {
            if (mask()[n]) {
                rows[next++] = n;
            }
        }
        return rows;
    }

    /** Writes an identity of every row to ids (N): a function of its sequence's unit id and its position there. */
    void rowIds(long[] ids) {
        for (int s = 0; s < sequences(); s++) {
            for (int n = sequenceStarts()[s]; n < sequenceStarts()[s + 1]; n++) {
                ids[n] = TrainingNoise.rowId(unitIds()[s], positions[n]);
            }
        }
    }
}
