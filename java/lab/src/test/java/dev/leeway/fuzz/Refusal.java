package dev.leeway.fuzz;

import dev.leeway.LeewayException;

/** What a refusal of bad input must be like: about the data, in one line that isn't empty and that people can read. */
final class Refusal {

    private static final int LONGEST = 2_000;

    private Refusal() {}

    static void check(LeewayException refused) {
        String message = refused.getMessage();
        if (refused.kind() != LeewayException.Kind.DATA && refused.kind() != LeewayException.Kind.USAGE || message.isBlank()
                || message.length() > LONGEST || message.contains("\n")) {
            throw new IllegalStateException("a refusal of kind " + refused.kind() + " with " + message.length() + " characters: "
                    + message.substring(0, Math.min(200, message.length())), refused);
        }
    }
}
