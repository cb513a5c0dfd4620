package dev.leeway.cli;

import dev.leeway.io.AdapterConfig;
import dev.leeway.model.ModelDirectory;
import java.util.OptionalInt;

/** The options of one command that trains, beside those that all such commands have; and what comes of them. */
interface ObjectiveOptions {

    /** Reports values out of range, and options of all commands that would do nothing here. */
    void check(TrainingOptions shared, Problems problems);

    /** What is trained for, on rows of at most so many tokens. */
    Task task(int maxLength);

    /**
     * What training starts from: the model that was named, or what the objective makes of it.
     *
     * @param padTokenId the tokenizer's, where there is a tokenizer
     */
    default ModelDirectory start(ModelDirectory named, OptionalInt padTokenId) {
        return named;
    }

    /** The adapter that is trained where this one was asked for. */
    default AdapterConfig adapter(AdapterConfig asked) {
        return asked;
    }

    /** The learning rate where none is given, of an adapter or of all weights. */
    double usualRate(boolean adapter);
}
