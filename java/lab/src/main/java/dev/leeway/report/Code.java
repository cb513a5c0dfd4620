package dev.leeway.report;

/**
 * What one types.
 *
 * @param text of any number of lines
 */
public record Code(String text) implements Part {

    @Override
    public String html() {
        return "<pre>" + Markup.escaped(text) + "</pre>\n";
    }
}
