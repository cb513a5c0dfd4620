package dev.leeway.text.template;

import dev.leeway.text.template.Value.Int;
import dev.leeway.text.template.Value.None;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;

/** Filters that take rows of values apart, put them in order, or sum them up. */
final class SequenceFilters {

    static final Table TABLE = new Table()
            .with("length()", call -> Int.of(Sequences.length(call.self()))).alias("count", "length")
            .with("list()", call -> Items.list(List.copyOf(call.list())))
            .with("first()", SequenceFilters::first)
            .with("last()", SequenceFilters::last)
            .with("join(d?, attribute?)", SequenceFilters::join)
            .with("reverse()", SequenceFilters::reverse)
            .with("sort(reverse?, case_sensitive?, attribute?)", SequenceFilters::sort)
            .with("unique(case_sensitive?, attribute?)", SequenceFilters::unique)
            .with("groupby(attribute, default?, case_sensitive?)", SequenceFilters::groupby)
            .with("dictsort(case_sensitive?, by?, reverse?)", SequenceFilters::dictsort)
            .with("items()", call -> Streams.of(call, () -> items(call)))
            .with("sum(attribute?, start?)", SequenceFilters::sum)
            .with("min(case_sensitive?, attribute?)", call -> extreme(call, -1))
            .with("max(case_sensitive?, attribute?)", call -> extreme(call, 1))
            .with("batch(linecount, fill_with?)", call -> Streams.of(call, () -> batch(call).iterator()))
            .with("slice(slices, fill_with?)", call -> Streams.of(call, () -> slice(call).iterator()));

    private SequenceFilters() {}

    private static Value first(Call call) {
        Iterator<Value> values = Sequences.iterate(call.self());
        return values.hasNext() ? values.next() : new Undefined("No first item, sequence was empty.");
    }

    private static Value last(Call call) {
        if (call.self() instanceof Stream stream) {
            throw TemplateFailure.of("'%s' object is not reversible", stream.typeName());
        }
        List<Value> values = call.list();
        return values.isEmpty() ? new Undefined("No last item, sequence was empty.") : values.getLast();
    }

    private static Value join(Call call) {
        String separator = call.find("d").map(call::print).orElse("");
        UnaryOperator<Value> selected = Selector.of(call);
        var out = new Output(call.budget());
        boolean started = false;
        for (Iterator<Value> values = Sequences.iterate(call.self()); values.hasNext(); started = true) {
            call.budget().step();
            out.append(started ? separator : "").append(call.print(selected.apply(values.next())));
        }
        return Text.of(out.toString());
    }

    private static Value reverse(Call call) {
        if (call.self() instanceof Text text) {
            call.budget().chars(text.value().length());
            return call.text(new StringBuilder(text.value()).reverse().toString());
        }
        List<Value> values = call.list();
        call.budget().elements(values.size());
        return call.self() instanceof Stream ? Items.list(List.copyOf(values.reversed()))
                : new Stream(values.reversed().iterator(), Items.list(values));
    }

    /** One merge sort for all: stable, and every comparison is paid for. */
    private static List<Value> sorted(Call call, List<Value> values, UnaryOperator<Value> key, boolean reversed) {
        record Keyed(Value key, Value value) {}
        call.budget().elements(2L * values.size());
        List<Keyed> keyed = new ArrayList<>();
        values.forEach(value -> keyed.add(new Keyed(key.apply(value), value)));
        Comparator<Keyed> order = (a, b) -> Equality.compare("<", a.key, b.key, call.budget());
        keyed.sort(reversed ? order.reversed() : order);
        return keyed.stream().map(Keyed::value).toList();
    }

    private static Value sort(Call call) {
        UnaryOperator<Value> key = call.find("attribute").filter(a -> a instanceof Text text && text.value().contains(","))
                .map(attributes -> severalKeys(call, (Text) attributes)).orElseGet(() -> Selector.comparable(call));
        return Items.list(sorted(call, call.list(), key, call.flag("reverse", false)));
    }

    private static UnaryOperator<Value> severalKeys(Call call, Text attributes) {
        UnaryOperator<Value> keys = Selector.paths(call.run(), attributes);
        if (call.flag("case_sensitive", false)) {
            return keys;
        }
        return value -> Items.of(Items.Kind.TUPLE, ((Items) keys.apply(value)).elements().stream()
                .map(key -> Selector.ignoringCase(key, call.budget())).toList());
    }

    private static Value unique(Call call) {
        UnaryOperator<Value> key = Selector.comparable(call);
        Set<Object> seen = new HashSet<>();
        return Streams.of(call, () -> Streams.filtered(Sequences.iterate(call.self()),
                value -> seen.add(Dict.identity(key.apply(value))), call.budget()));
    }

    private static Value groupby(Call call) {
        UnaryOperator<Value> plain = Selector.of(call);
        UnaryOperator<Value> key = Selector.comparable(call);
        List<Value> groups = new ArrayList<>();
        List<Value> group = new ArrayList<>();
        for (Value value : sorted(call, call.list(), key, false)) {
            if (!group.isEmpty() && !Equality.equal(key.apply(group.getFirst()), key.apply(value), call.budget())) {
                groups.add(group(plain, group));
                group = new ArrayList<>();
            }
            group.add(value);
        }
        if (!group.isEmpty()) {
            groups.add(group(plain, group));
        }
        return Items.list(groups);
    }

    private static Items group(UnaryOperator<Value> key, List<Value> members) {
        return Items.of(Items.Kind.GROUP, List.of(key.apply(members.getFirst()), Items.list(members)));
    }

    private static Value dictsort(Call call) {
        if (!(call.self() instanceof Dict dict)) {
            throw TemplateFailure.of("dictsort needs a map, not %s", call.self().typeName());
        }
        String by = call.findText("by").orElse("key");
        if (!by.equals("key") && !by.equals("value")) {
            throw TemplateFailure.of("You can only sort by either \"key\" or \"value\"");
        }
        int position = by.equals("key") ? 0 : 1;
        UnaryOperator<Value> part = pair -> ((Items) pair).elements().get(position);
        UnaryOperator<Value> key = call.flag("case_sensitive", false) ? part
                : pair -> Selector.ignoringCase(part.apply(pair), call.budget());
        return Items.list(sorted(call, dict.pairs(), key, call.flag("reverse", false)));
    }

    private static Iterator<Value> items(Call call) {
        return switch (call.self()) {
            case Undefined _ -> Collections.emptyIterator();
            case Dict dict -> {
                call.budget().elements(dict.size());
                yield dict.pairs().iterator();
            }
            default -> throw TemplateFailure.of("Can only get item pairs from a mapping.");
        };
    }

    private static Value sum(Call call) {
        UnaryOperator<Value> selected = Selector.of(call);
        Value total = call.find("start").orElse(Int.of(0));
        if (total instanceof Text) {
            throw TemplateFailure.of("sum() can't sum strings [use ''.join(seq) instead]");
        }
        for (Iterator<Value> values = Sequences.iterate(call.self()); values.hasNext();) {
            call.budget().step();
            total = Arithmetic.apply(Operator.ADD, total, selected.apply(values.next()), call.run());
        }
        return total;
    }

    private static Value extreme(Call call, int direction) {
        UnaryOperator<Value> key = Selector.comparable(call);
        Iterator<Value> values = Sequences.iterate(call.self());
        if (!values.hasNext()) {
            return new Undefined("No aggregated item, sequence was empty.");
        }
        Value best = values.next();
        while (values.hasNext()) {
            Value next = values.next();
            if (Equality.compare(direction > 0 ? ">" : "<", key.apply(next), key.apply(best), call.budget()) * direction > 0) {
                best = next;
            }
        }
        return best;
    }

    private static List<Value> batch(Call call) {
        int size = call.integer("linecount", 1);
        List<Value> rows = new ArrayList<>();
        List<Value> values = call.list();
        call.budget().elements(values.size());
        for (int start = 0; start < values.size(); start += Math.max(1, size)) {
            List<Value> row = new ArrayList<>(values.subList(start, (int) Math.min(values.size(), (long) start + Math.max(1, size))));
            call.find("fill_with").ifPresent(fill -> fill(call, row, fill, size));
            rows.add(Items.list(row));
            if (values.size() - start <= size) {
                break;
            }
        }
        return rows;
    }

    private static void fill(Call call, List<Value> row, Value fill, int size) {
        call.budget().elements(Math.max(0L, (long) size - row.size()));
        while (row.size() < size) {
            row.add(fill);
        }
    }

    private static List<Value> slice(Call call) {
        int count = call.integer("slices", 1);
        if (count <= 0) {
            throw TemplateFailure.of("slice needs at least one slice, not %d", count);
        }
        List<Value> values = call.list();
        call.budget().elements((long) values.size() + count);
        int least = values.size() / count;
        int longer = values.size() % count;
        List<Value> rows = new ArrayList<>();
        for (int i = 0, start = 0; i < count; i++) {
            int end = start + least + (i < longer ? 1 : 0);
            List<Value> row = new ArrayList<>(values.subList(start, end));
            if (i >= longer && call.value("fill_with") != null && call.value("fill_with") != None.NONE) {
                row.add(call.value("fill_with"));
            }
            rows.add(Items.list(row));
            start = end;
        }
        return rows;
    }
}
