package dev.leeway.text.template;

import dev.leeway.text.template.Value.Bool;
import dev.leeway.text.template.Value.Int;
import dev.leeway.text.template.Value.None;
import dev.leeway.text.template.Value.Real;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** JSON as Python's {@code json.dumps} lays it out: keys in their order, blanks after commas and colons, optional indentation. */
final class Json {

    private final Budget budget;
    private final Output out;
    private final Layout layout;

    /**
     * @param ascii      whether everything beyond ASCII is escaped
     * @param indent     what each level is indented by; empty: all on one line
     * @param comma      what stands between elements
     * @param colon      what stands between key and value
     * @param sortedKeys whether keys are sorted
     */
    record Layout(boolean ascii, Optional<String> indent, String comma, String colon, boolean sortedKeys) {}

    private Json(Layout layout, Budget budget) {
        this.budget = budget;
        this.out = new Output(budget);
        this.layout = layout;
    }

    static String write(Value value, Layout layout, Budget budget) {
        var json = new Json(layout, budget);
        json.write(value, 1);
        return json.out.toString();
    }

    private void write(Value value, int level) {
        budget.step();
        switch (value) {
            case None _ -> out.append("null");
            case Bool bool -> out.append(bool.value() ? "true" : "false");
            case Int number -> out.append(Numbers.print(number, budget));
            case Real real -> out.append(real(real.value()));
            case Text text -> Quoted.json(text.value(), layout.ascii(), out);
            case Dict dict -> writeDict(dict, level);
            case Items items when items.kind().indexed() && items.kind() != Items.Kind.RANGE -> writeRow(items.elements(), level);
            default -> throw TemplateFailure.of("Object of type %s is not JSON serializable", value.typeName());
        }
    }

    private static String real(double value) {
        return Double.isNaN(value) ? "NaN" : Double.isInfinite(value) ? (value > 0 ? "Infinity" : "-Infinity") : Printer.real(value);
    }

    private void writeRow(List<Value> elements, int level) {
        if (elements.isEmpty()) {
            out.append("[]");
            return;
        }
        out.append('[');
        for (int i = 0; i < elements.size(); i++) {
            separate(i, level);
            write(elements.get(i), level + 1);
        }
        newLine(level - 1);
        out.append(']');
    }

    private void writeDict(Dict dict, int level) {
        if (dict.size() == 0) {
            out.append("{}");
            return;
        }
        List<Value> keys = new ArrayList<>(dict.keys());
        if (layout.sortedKeys()) {
            keys.sort(Comparator.comparing(this::key, Equality::compareTexts));
        }
        out.append('{');
        for (int i = 0; i < keys.size(); i++) {
            separate(i, level);
            Quoted.json(key(keys.get(i)), layout.ascii(), out);
            out.append(layout.colon());
            write(dict.get(keys.get(i)).orElseThrow(), level + 1);
        }
        newLine(level - 1);
        out.append('}');
    }

    private void separate(int index, int level) {
        if (index > 0) {
            out.append(layout.comma());
        }
        newLine(level);
    }

    private void newLine(int level) {
        layout.indent().ifPresent(indent -> out.append('\n').repeat(indent, level));
    }

    private String key(Value key) {
        return switch (key) {
            case Text text -> text.value();
            case None _ -> "null";
            case Bool bool -> bool.value() ? "true" : "false";
            case Int number -> Numbers.print(number, budget);
            case Real real -> real(real.value());
            default -> throw TemplateFailure.of("keys must be str, int, float, bool or None, not %s", key.typeName());
        };
    }
}
