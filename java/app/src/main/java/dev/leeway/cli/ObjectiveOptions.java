package dev.leeway.cli;

/** The options of one command that trains, beside those that all such commands have; and what comes of them. */
interface ObjectiveOptions {

    /** Reports values out of range, and options of all commands that would do nothing here. */
    void check(TrainingOptions shared, Problems problems);

    /** What is trained for, on rows of at most so many tokens. */
    Task task(int maxLength);

    /** The learning rate where none is given, of an adapter or of all weights. */
    double usualRate(boolean adapter);
}
