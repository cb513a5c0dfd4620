package dev.leeway.reward;

import java.util.List;
import java.util.Map;

/** Answers that nobody drew. */
final class Answering {

    private Answering() {
    }

    /** A completion that ended. */
    static Answer of(String completion) {
        return new Answer(Map.of(), "", List.of(), completion, completion.length(), false);
    }

    /** The same with a reference. */
    static Answer of(String reference, String completion) {
        return new Answer(Map.of(Answer.REFERENCE, reference), "", List.of(), completion, completion.length(), false);
    }

    /** A completion that was cut off. */
    static Answer truncated(String reference, String completion) {
        return new Answer(Map.of(Answer.REFERENCE, reference), "", List.of(), completion, completion.length(), true);
    }

    static Answer ofTokens(int tokens) {
        return new Answer(Map.of(), "", List.of(), "", tokens, false);
    }
}
