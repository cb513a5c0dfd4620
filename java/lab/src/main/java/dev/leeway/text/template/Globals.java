package dev.leeway.text.template;

import dev.leeway.text.template.Value.None;
import java.math.BigInteger;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

/** The functions that every template finds: Jinja's, and the two that chat templates are given. */
final class Globals {

    /** Jinja's sandbox draws the same line. */
    private static final int LONGEST_RANGE = 100_000;

    private Globals() {}

    static Map<String, Value> of(Run run) {
        Map<String, Value> all = new HashMap<>();
        all.put("range", new Callable("function range", Globals::range));
        all.put("dict", new Callable("class 'dict'", arguments -> dict(arguments, run.budget())));
        all.put("namespace", new Callable("class 'Namespace'", arguments -> namespace(arguments, run.budget())));
        all.put("cycler", new Callable("class 'Cycler'", arguments -> new Cycler(arguments.positional())));
        all.put("joiner", new Callable("class 'Joiner'", Globals::joiner));
        all.put("raise_exception", new Callable("function raise_exception", arguments -> {
            throw TemplateFailure.raised(Printer.print(only("raise_exception(message)", arguments), run.budget()));
        }));
        all.put("strftime_now", new Callable("function strftime_now", arguments -> {
            Value pattern = only("strftime_now(format)", arguments);
            if (!(pattern instanceof Text text)) {
                throw TemplateFailure.of("strftime_now() needs a text, not %s", pattern.typeName());
            }
            return Text.of(Strftime.format(text.value(), run.now(), run.budget()));
        }));
        return all;
    }

    /** The one argument of a function. */
    private static Value only(String description, Arguments arguments) {
        return Signature.parse(description).bind(arguments).values().iterator().next();
    }

    private static Value range(Arguments arguments) {
        List<Value> given = arguments.positional();
        if (given.isEmpty() || given.size() > 3 || !arguments.named().isEmpty()) {
            throw TemplateFailure.of("range() takes one to three positional arguments");
        }
        long start = given.size() > 1 ? bound(given.get(0)) : 0;
        long stop = bound(given.get(given.size() > 1 ? 1 : 0));
        long step = given.size() > 2 ? bound(given.get(2)) : 1;
        if (step == 0) {
            throw TemplateFailure.of("range() arg 3 must not be zero");
        }
        long distance = step > 0 ? stop - start : start - stop;
        long size = distance <= 0 ? 0 : (distance - 1) / Math.abs(step) + 1;
        if (size > LONGEST_RANGE) {
            throw TemplateFailure.of("Range too big. The sandbox blocks ranges larger than %d", LONGEST_RANGE);
        }
        return Items.range(start, step, (int) size);
    }

    private static long bound(Value value) {
        BigInteger number = Numbers.integer(value).orElseThrow(
                () -> TemplateFailure.of("'%s' object cannot be interpreted as an integer", value.typeName()));
        if (number.bitLength() > 53) {
            throw TemplateFailure.of("Range too big. The sandbox blocks ranges larger than %d", LONGEST_RANGE);
        }
        return number.longValue();
    }

    private static Dict dict(Arguments arguments, Budget budget) {
        var dict = new Dict();
        if (arguments.positional().size() > 1) {
            throw TemplateFailure.of("dict expected at most 1 argument, got %d", arguments.positional().size());
        }
        arguments.positional().forEach(given -> addAll(dict, given, budget));
        arguments.named().forEach(dict::with);
        budget.elements(dict.size());
        return dict;
    }

    private static void addAll(Dict dict, Value given, Budget budget) {
        if (given instanceof Dict other) {
            dict.withAll(other);
            return;
        }
        for (Iterator<Value> pairs = Sequences.iterate(given); pairs.hasNext();) {
            List<Value> pair = Sequences.list(pairs.next(), budget);
            if (pair.size() != 2) {
                throw TemplateFailure.of("dictionary update sequence element has length %d; 2 is required", pair.size());
            }
            budget.elements(2);
            dict.with(pair.get(0), pair.get(1));
        }
    }

    private static Namespace namespace(Arguments arguments, Budget budget) {
        var namespace = new Namespace();
        dict(arguments, budget).named().forEach(namespace::set);
        return namespace;
    }

    /** Nothing at its first call, the separator at every later one. */
    private static Callable joiner(Arguments arguments) {
        Value separator = Signature.parse("joiner(sep?)").bind(arguments)
                .getOrDefault("sep", Text.of(", "));
        var used = new Namespace();
        return new Callable("Joiner object", none -> {
            boolean first = used.get("used").isEmpty();
            used.set("used", None.NONE);
            return first ? Text.EMPTY : separator;
        });
    }
}
