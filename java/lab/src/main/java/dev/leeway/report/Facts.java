package dev.leeway.report;

import java.util.LinkedHashMap;
import java.util.SequencedMap;

/**
 * Names and what is to be said of them.
 *
 * @param facts by their names, in the order of the page
 */
public record Facts(SequencedMap<String, String> facts) implements Part {

    /** Takes a copy. */
    public Facts {
        facts = new LinkedHashMap<>(facts);
    }

    @Override
    public String html() {
        var html = new StringBuilder("<dl>\n");
        facts.forEach((name, text) -> html.append("<dt>").append(Markup.escaped(name)).append("</dt><dd>").append(Markup.escaped(text))
            .append("</dd>\n"));
        return html.append("</dl>\n").toString();
    }
}
