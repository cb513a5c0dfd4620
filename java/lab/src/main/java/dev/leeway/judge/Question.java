package dev.leeway.judge;

import java.util.List;

/**
 * What a judge is asked. All of it is part of a cache's key.
 *
 * @param template {@link Template#hash()} of the template that the input was made with
 * @param input the text as the judge sees it: one turn of a user
 * @param options answers whose log-probs are wanted, beside the text; none for the text alone
 * @param seed tells repeated questions apart, and seeds the judge where it draws
 */
public record Question(String template, String input, List<String> options, long seed) {

    /** Takes a copy of the options. */
    public Question {
        options = List.copyOf(options);
    }

    /** A question whose answer is a text. */
    public static Question of(String template, String input, long seed) {
        return new Question(template, input, List.of(), seed);
    }
}
