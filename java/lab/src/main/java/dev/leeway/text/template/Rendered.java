package dev.leeway.text.template;

import java.util.List;

/**
 * A rendered conversation.
 *
 * @param text           the prompt
 * @param assistantSpans what the template marks with {@code {% generation %}} as said by the assistant, in order; empty if it marks nothing
 */
public record Rendered(String text, List<Span> assistantSpans) {

    /** Ends the text at {@code end}, and the spans with it. */
    Rendered cut(int end) {
        List<Span> kept = assistantSpans.stream().filter(span -> span.start() < end)
                .map(span -> new Span(span.start(), Math.min(end, span.end()))).toList();
        return new Rendered(text.substring(0, end), kept);
    }
}
