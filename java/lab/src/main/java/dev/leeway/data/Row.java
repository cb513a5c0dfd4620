package dev.leeway.data;

/** A row of a data set as its columns say it: text and messages, which no template and no tokenizer has seen yet. */
public sealed interface Row permits Exchange, Preference, Labelled {
}
