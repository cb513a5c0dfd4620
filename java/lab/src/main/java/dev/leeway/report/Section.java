package dev.leeway.report;

import java.util.List;

/**
 * A part of a page that its contents lead to.
 *
 * @param title its head
 * @param parts in it
 */
public record Section(String title, List<Part> parts) {

    /** Takes a copy. */
    public Section {
        parts = List.copyOf(parts);
    }

    /** Its elements, under an anchor. */
    String html(int number) {
        var html = new StringBuilder(Markup.format("<section id=\"s%d\">\n<h2>%s</h2>\n", number, Markup.escaped(title)));
        parts.forEach(part -> html.append(part.html()));
        return html.append("</section>\n").toString();
    }
}
