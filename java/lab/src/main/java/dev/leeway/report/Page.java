package dev.leeway.report;

import java.util.List;

/**
 * A page of its own.
 *
 * @param title of the page
 * @param lead before the contents
 * @param sections behind them
 */
public record Page(String title, List<Part> lead, List<Section> sections) {

    private static final String STYLE = """
        :root { color-scheme: light dark; --ink: #1c1c1c; --soft: #5a5a5a; --paper: #fff; --line: #d9d9d9; --c0: #1a56c4; --c1: #b5440f;
          --c2: #1f7a3d; --c3: #8a2fa8; --c4: #8a6a00; --c5: #007f8a }
        @media (prefers-color-scheme: dark) { :root { --ink: #e6e6e6; --soft: #a6a6a6; --paper: #16181b; --line: #3a3d42; --c0: #7aa7ff;
          --c1: #ff9a66; --c2: #6fd18e; --c3: #d49af0; --c4: #e0bf4a; --c5: #5fd0da } }
        body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); max-width: 60rem; margin: 0 auto;
          padding: 1rem; overflow-wrap: anywhere }
        h1 { font-size: 1.6rem } h2 { font-size: 1.25rem; margin-top: 2.5rem; border-bottom: 1px solid var(--line) }
        a { color: var(--c0) } nav a { display: inline-block; margin-right: 1rem; padding: .25rem 0 }
        pre, .wide { overflow-x: auto } .wide { margin-bottom: 1rem } pre { padding: .75rem;
          border: 1px solid var(--line); font-size: .85rem }
        table { border-collapse: collapse; font-size: .9rem; overflow-wrap: normal } th, td { padding: .25rem .75rem .25rem 0;
          text-align: left; vertical-align: top; border-bottom: 1px solid var(--line) } .number { text-align: right;
          font-variant-numeric: tabular-nums; white-space: nowrap } td:first-child { min-width: 9rem }
        details { margin: .25rem 0 } details details { margin-left: 1rem } details pre { white-space: pre-wrap } dt { color: var(--soft);
          font-size: .85rem } dd { margin: 0 0 .5rem } summary { cursor: pointer; padding: .25rem 0 }
        .row { display: grid; grid-template-columns: 15rem 1fr 12rem; gap: 1rem; align-items: center; font-size: .9rem;
          line-height: 1.3; margin: .3rem 0 }
        .row svg { width: 100%; overflow: visible } .row span:last-child { font-variant-numeric: tabular-nums; color: var(--soft) }
        .row svg svg { overflow: visible } .zero { stroke: var(--soft) } .other { fill: var(--paper); stroke: var(--ink);
          stroke-width: 1.5 }
        .grid { stroke: var(--line) } .interval { stroke-width: 2 } .axis text { fill: var(--soft); font-size: 12px }
        .c0 { --own: var(--c0) } .c1 { --own: var(--c1) } .c2 { --own: var(--c2) } .c3 { --own: var(--c3) } .c4 { --own: var(--c4) }
        .c5 { --own: var(--c5) } circle { fill: var(--own) } .interval { stroke: var(--own) }
        figure { margin: 1rem 0 } .square { max-width: 30rem } p.soft { color: var(--soft); font-size: .85rem; margin: 0 }
          p.under { text-align: center; margin-top: 1.9rem } .plane { display: block; height: 16rem; width: calc(100% - 5rem);
          margin: .75rem 1.5rem 0 3.5rem; overflow: visible } .square .plane { height: auto; aspect-ratio: 1 }
        .plane text { fill: var(--soft); font-size: 12px } .plane svg { overflow: visible } line.soft { stroke: var(--soft) }
        .stroke { fill: none; stroke: var(--own); stroke-width: 2; vector-effect: non-scaling-stroke }
          .band { fill: var(--own); opacity: .15 } .d1 .stroke { stroke-dasharray: 8 4 } .d2 .stroke { stroke-dasharray: 2 4 }
        .legend, .key { padding: 0; font-size: .9rem } .legend { list-style: none; margin: 0 0 .5rem } .legend li { display: inline-block;
          margin-right: 1.25rem } .legend svg { margin-right: .4rem } .key { columns: 13rem } .key li { margin-left: 2rem } .key
          li::marker { color: var(--own); font-weight: bold }
        .heat td, .heat th { padding: .4rem .6rem; border: 1px solid var(--line) } .heat td { background: color-mix(in srgb, var(--own)
          var(--share, 0%), var(--paper)) } .heat caption { text-align: left; padding-bottom: .4rem }
        @media (max-width: 40rem) { td:first-child { min-width: 5rem } .row { grid-template-columns: 1fr; gap: 0; margin-bottom: .5rem;
          padding: 0 .75rem } }
        """;

    /** Takes copies. */
    public Page {
        lead = List.copyOf(lead);
        sections = List.copyOf(sections);
    }

    /** The whole document. */
    public String html() {
        var html = new StringBuilder("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n")
            .append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>").append(Markup.escaped(title))
            .append("</title>\n<style>\n").append(STYLE).append("</style></head><body>\n<h1>").append(Markup.escaped(title))
            .append("</h1>\n");
        lead.forEach(part -> html.append(part.html()));
        html.append("<nav>");
        for (int i = 0; i < sections.size(); i++) {
            html.append("<a href=\"#s").append(i).append("\">").append(Markup.escaped(sections.get(i).title())).append("</a>");
        }
        html.append("</nav>\n");
        for (int i = 0; i < sections.size(); i++) {
            html.append(sections.get(i).html(i));
        }
        return html.append("</body></html>\n").toString();
    }
}
