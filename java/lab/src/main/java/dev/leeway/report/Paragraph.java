package dev.leeway.report;

/**
 * Running text.
 *
 * @param text as it is read
 */
public record Paragraph(String text) implements Part {

    @Override
    public String html() {
        return "<p>" + Markup.escaped(text) + "</p>\n";
    }
}
