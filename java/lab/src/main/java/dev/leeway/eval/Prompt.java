package dev.leeway.eval;

import java.util.List;

/** What a model reads before it answers. */
public sealed interface Prompt {

    /**
     * Messages: by the chat template of a model that has one; for others their contents, an empty line between two of them.
     *
     * @param turns at least one; the last is not the assistant's
     */
    record Chat(List<Turn> turns) implements Prompt {

        /** Takes a copy. */
        public Chat {
            turns = List.copyOf(turns);
        }
    }

    /**
     * Text that is continued as it stands, whatever template the model has.
     *
     * @param text behind the begin-of-sequence token, where the tokenizer puts one
     */
    record Text(String text) implements Prompt {
    }

    /** What one user says. */
    static Prompt user(String content) {
        return new Chat(List.of(Turn.user(content)));
    }
}
