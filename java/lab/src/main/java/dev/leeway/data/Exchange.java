package dev.leeway.data;

/** What is given, and what is said to it: the one sequence that a row of supervised training is. */
public sealed interface Exchange extends Row permits PromptCompletion, Conversation {

    /** The same without a part that is only given. */
    Exchange whole();
}
