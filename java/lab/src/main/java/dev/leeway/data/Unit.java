package dev.leeway.data;

import java.util.List;

/** An encoded row: what an objective weighs as one, and what no batch may take apart. */
public sealed interface Unit permits Example, PreferenceExample, LabelledExample {

    /** Which row this is, counted from 0 over all files of the data set. */
    long unitId();

    /** The sequences of the row, each of which attends to itself alone. */
    List<Example> sequences();

    /** The same row under another number. */
    Unit numbered(long otherId);

    /** The same row with sequences of at most so many tokens, which may leave nothing of it to train: what memory is planned for. */
    Unit cut(int length);

    /** Tokens of all its sequences. */
    default int length() {
        return sequences().stream().mapToInt(example -> example.tokens().length).sum();
    }

    /** How many of them are training targets. */
    default int trainedTokens() {
        return sequences().stream().mapToInt(Example::countTrained).sum();
    }
}
