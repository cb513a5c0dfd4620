package dev.leeway.report;

import java.util.List;

/**
 * What is shown to those who open it.
 *
 * @param title that it is opened by
 * @param parts in it
 */
public record Fold(String title, List<Part> parts) implements Part {

    /** Takes a copy. */
    public Fold {
        parts = List.copyOf(parts);
    }

    @Override
    public String html() {
        var html = new StringBuilder("<details><summary>").append(Markup.escaped(title)).append("</summary>\n");
        parts.forEach(part -> html.append(part.html()));
        return html.append("</details>\n").toString();
    }
}
