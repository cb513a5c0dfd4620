package dev.leeway.text.template;

/**
 * A part of a text.
 *
 * @param start where it starts, in UTF-16 units as {@link String} counts
 * @param end   where it ends, exclusive
 */
public record Span(int start, int end) {

    /** The same part with both ends counted in code points, as Python counts. */
    public Span inCodePoints(String text) {
        return new Span(text.codePointCount(0, start), text.codePointCount(0, end));
    }
}
