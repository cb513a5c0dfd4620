package dev.leeway.text.template;

import dev.leeway.text.template.Value.Int;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** Filters that make texts. */
final class TextFilters {

    private static final int TRUNCATE_AT = 255;
    private static final int TRUNCATE_LEEWAY = 5;
    private static final int CENTER_WIDTH = 80;
    private static final int INDENT_WIDTH = 4;

    static final Table TABLE = new Table()
            .with("string()", call -> call.self() instanceof Text ? call.self() : Text.of(call.text()))
            .with("upper()", call -> call.text(Cases.upper(call.text(), call.budget())))
            .with("lower()", call -> call.text(Cases.lower(call.text(), call.budget())))
            .with("capitalize()", call -> call.text(Cases.capitalize(call.text(), call.budget())))
            .with("title()", call -> call.text(Cases.titleWords(call.text(), call.budget())))
            .with("trim(chars?)", call -> call.text(TextMethods.strip(paid(call), call.findText("chars"), true, true)))
            .with("replace(old, new, count?)", TextFilters::replace)
            .with("escape()", TextFilters::escape).alias("e", "escape")
            .with("forceescape()", call -> new Text(Text.escape(call.text(), call.budget()), true))
            .with("safe()", call -> new Text(call.text(), true))
            .with("indent(width?, first?, blank?)", TextFilters::indent)
            .with("truncate(length?, killwords?, end?, leeway?)", TextFilters::truncate)
            .with("center(width?)", call -> call.text(
                    TextMethods.center(call.text(), call.integer("width", CENTER_WIDTH), " ", call.budget())))
            .with("wordcount()", call -> Int.of(Cases.words(paid(call))))
            .with("format(*)", TextFilters::format)
            .with("urlencode()", TextFilters::urlencode)
            .with("tojson(ensure_ascii?, indent?, separators?, sort_keys?)", TextFilters::tojson);

    private TextFilters() {}

    private static String paid(Call call) {
        String text = call.text();
        call.budget().chars(text.length());
        return text;
    }

    /** For filters that, unlike the others, don't print what they are applied to. */
    private static String requireText(Call call) {
        if (!(call.self() instanceof Text text)) {
            Arithmetic.requireDefined(call.self());
            throw TemplateFailure.of("a text is needed, not %s", call.self().typeName());
        }
        return text.value();
    }

    private static Value escape(Call call) {
        return call.self() instanceof Text text ? text.escaped(call.budget()) : Text.of(call.text()).escaped(call.budget());
    }

    private static Value replace(Call call) {
        String old = call.print(call.value("old"));
        return call.text(TextMethods.replace(call.text(), old, call.print(call.value("new")), call.integer("count", -1), call.budget()));
    }

    private static Value indent(Call call) {
        String prefix = call.find("width").filter(Text.class::isInstance).map(call::print)
                .orElseGet(() -> new Output(call.budget()).repeat(" ", width(call)).toString());
        boolean blank = call.flag("blank", false);
        List<String> lines = TextMethods.lines(requireText(call) + "\n", false, call.budget());
        var out = new Output(call.budget());
        for (int i = 0; i < lines.size(); i++) {
            boolean indented = i == 0 ? call.flag("first", false) : blank || !lines.get(i).isEmpty();
            out.append(i == 0 ? "" : "\n").append(indented ? prefix : "").append(lines.get(i));
        }
        return call.text(out.toString());
    }

    private static int width(Call call) {
        return call.integer("width", INDENT_WIDTH);
    }

    private static Value truncate(Call call) {
        if (call.self() instanceof Undefined) {
            return call.self();
        }
        String text = requireText(call);
        int length = call.integer("length", TRUNCATE_AT);
        String end = call.findText("end").orElse("...");
        int endLength = CodePoints.length(end);
        if (length < endLength) {
            throw TemplateFailure.of("expected length >= %d, got %d", endLength, length);
        }
        if (CodePoints.length(text) <= (long) length + call.integer("leeway", TRUNCATE_LEEWAY)) {
            return call.self();
        }
        String kept = CodePoints.part(text, 0, length - endLength);
        int blank = kept.lastIndexOf(' ');
        return call.text((call.flag("killwords", false) || blank < 0 ? kept : kept.substring(0, blank)) + end);
    }

    private static Value format(Call call) {
        Arguments given = call.arguments();
        if (!given.named().isEmpty() && !given.positional().isEmpty()) {
            throw TemplateFailure.of("can't handle positional and keyword arguments at the same time");
        }
        var named = new Dict();
        given.named().forEach(named::with);
        Value values = given.named().isEmpty() ? Items.of(Items.Kind.TUPLE, given.positional()) : named;
        return Arithmetic.apply(Operator.MODULO, call.self() instanceof Text ? call.self() : Text.of(call.text()), values, call.run());
    }

    private static Value urlencode(Call call) {
        if (call.self() instanceof Dict || call.self() instanceof Items) {
            List<Value> pairs = call.self() instanceof Dict dict ? dict.pairs() : call.list();
            return Text.of(pairs.stream().map(pair -> Sequences.list(pair, call.budget()))
                    .map(pair -> formQuoted(call, pair.getFirst()) + "=" + formQuoted(call, pair.getLast()))
                    .collect(Collectors.joining("&")));
        }
        return Text.of(quoted(call, call.self()));
    }

    private static String formQuoted(Call call, Value value) {
        return quoted(call, value).replace("/", "%2F").replace("%20", "+");
    }

    private static String quoted(Call call, Value value) {
        String text = call.print(value);
        call.budget().chars(3L * text.length());
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20").replace("%2F", "/").replace("*", "%2A")
                .replace("%7E", "~");
    }

    private static Value tojson(Call call) {
        Optional<String> indent = call.find("indent").map(given -> given instanceof Text text ? text.value()
                : new Output(call.budget()).repeat(" ", call.integer("indent", 0)).toString());
        List<String> separators = new ArrayList<>(List.of(indent.isPresent() ? "," : ", ", ": "));
        call.find("separators").ifPresent(given -> {
            separators.clear();
            Sequences.list(given, call.budget()).forEach(separator -> separators.add(call.print(separator)));
        });
        if (separators.size() != 2) {
            throw TemplateFailure.of("separators must be two texts, not %d", separators.size());
        }
        var layout = new Json.Layout(call.flag("ensure_ascii", false), indent, separators.get(0), separators.get(1),
                call.flag("sort_keys", false));
        return Text.of(Json.write(call.self(), layout, call.budget()));
    }
}
