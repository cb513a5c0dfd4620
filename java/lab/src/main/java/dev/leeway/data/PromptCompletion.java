package dev.leeway.data;

import dev.leeway.LeewayException;

/**
 * A text in two parts, of which the second one is trained.
 *
 * @param prompt     what is given; may be empty
 * @param completion what is to be said, not empty. It follows the prompt as it is: a space or newline between them is part of the texts
 */
public record PromptCompletion(String prompt, String completion) implements Exchange {

    /**
     * Checks the completion.
     *
     * @throws LeewayException if there is nothing to train
     */
    public PromptCompletion {
        if (completion.isEmpty()) {
            throw LeewayException.data("the row with the prompt '%s' has an empty completion, so nothing to train on", prompt);
        }
    }

    @Override
    public PromptCompletion whole() {
        return ofText(prompt + completion);
    }

    /** A text that is trained as a whole: a completion of nothing. */
    public static PromptCompletion ofText(String text) {
        return new PromptCompletion("", text);
    }
}
