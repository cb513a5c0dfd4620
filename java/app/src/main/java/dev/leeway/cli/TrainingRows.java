package dev.leeway.cli;

import dev.leeway.LeewayException;
import dev.leeway.data.EpochBatches.Steps;
import dev.leeway.data.Report;
import dev.leeway.train.BatchSource;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** What a run trains on. */
sealed interface TrainingRows extends AutoCloseable permits EncodedRows, StreamedRows {

    /** Something about the rows that people should know: a word, and what it is about. */
    record Note(String name, String text) {
    }

    /** The most that a batch has: tokens of the longest sequence, tokens of the largest micro-batch, and sequences of it. */
    record Extent(int longest, int tokens, int sequences) {
    }

    /** The batches of a run. */
    BatchSource batches(Steps steps);

    /** What memory is planned for. */
    Extent extent(Steps steps);

    /** What memory would be planned for if rows were cut to this length. */
    TrainingRows shortened(int length);

    /** Steps of the run. */
    int totalSteps(Steps steps);

    /** Steps of an epoch, where that is known before it ends. */
    OptionalInt stepsPerEpoch(Steps steps);

    /** What became of the rows: of all of them, or of those that were streamed so far. */
    Report report();

    /** The rows in a line for people. */
    String summary();

    /** What only the reading on the way has shown, in a line for people; empty where all is known before the first step. */
    default Optional<String> found() {
        return Optional.empty();
    }

    /** More about them. */
    List<Note> notes();

    /** Tells whether a run that goes on has the rows that it began with. */
    String fingerprint();

    /** A row's place as the reader names it, {@code train.jsonl:118}. */
    String place(long unitId);

    /** Refuses rows with ids that the model has no embedding for, if they are known already. */
    void requireIdsBelow(int vocabSize, String model);

    @Override
    default void close() {
    }

    /** An id that the model has no embedding for. */
    static LeewayException unknownId(String place, int id, int vocabSize, String model) {
        return LeewayException.data("%s has token id %d, but %s has vocab_size %d; tokenizer and model do not belong together", place, id,
            model, vocabSize);
    }
}
