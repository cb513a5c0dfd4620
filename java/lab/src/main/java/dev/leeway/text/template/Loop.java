package dev.leeway.text.template;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;

/** The {@code loop} of a running for statement: its values, read ahead only as far as a question needs, and where it stands. */
final class Loop implements Value {

    private final Iterator<Value> source;
    private final Deque<Value> ahead = new ArrayDeque<>();
    private final Budget budget;
    private final int level;
    private final Callable.Body again;
    private Optional<Value> previous = Optional.empty();
    private Optional<Value> current = Optional.empty();
    private List<Value> lastChanged = List.of();
    private boolean changedBefore;
    private long index = -1;

    /**
     * @param level how many recursive loops this one is inside of
     * @param again what {@code loop(values)} does
     */
    Loop(Iterator<Value> source, Budget budget, int level, Callable.Body again) {
        this.source = source;
        this.budget = budget;
        this.level = level;
        this.again = again;
    }

    boolean hasNext() {
        return !ahead.isEmpty() || source.hasNext();
    }

    Value next() {
        Value value = ahead.isEmpty() ? source.next() : ahead.poll();
        previous = current;
        current = Optional.of(value);
        index++;
        return value;
    }

    /** The loop's body again over other values, for a recursive loop. */
    Value call(Arguments arguments) {
        return again.call(arguments);
    }

    Optional<Value> attribute(String name) {
        Value value = switch (name) {
            case "index" -> Int.of(index + 1);
            case "index0" -> Int.of(index);
            case "first" -> Bool.of(index == 0);
            case "last" -> Bool.of(!hasNext());
            case "length" -> Int.of(length());
            case "revindex" -> Int.of(length() - index);
            case "revindex0" -> Int.of(length() - index - 1);
            case "depth" -> Int.of(level + 1);
            case "depth0" -> Int.of(level);
            case "previtem" -> previous.orElseGet(() -> new Undefined("there is no previous item"));
            case "nextitem" -> peek();
            case "cycle" -> new Callable("method cycle", this::cycle);
            case "changed" -> new Callable("method changed", this::changed);
            default -> Undefined.attribute(this, name);
        };
        return Optional.of(value);
    }

    private Value peek() {
        if (!hasNext()) {
            return new Undefined("there is no next item");
        }
        if (ahead.isEmpty()) {
            ahead.add(source.next());
        }
        return ahead.peek();
    }

    private long length() {
        while (source.hasNext()) {
            budget.elements(1);
            ahead.add(source.next());
        }
        return index + 1 + ahead.size();
    }

    private Value cycle(Arguments arguments) {
        if (arguments.positional().isEmpty()) {
            throw TemplateFailure.of("no items for cycling given");
        }
        return arguments.positional().get((int) (index % arguments.positional().size()));
    }

    private Value changed(Arguments arguments) {
        List<Value> values = arguments.positional();
        boolean same = changedBefore && Equality.allEqual(values, lastChanged, budget);
        changedBefore = true;
        lastChanged = values;
        return Bool.of(!same);
    }

    @Override
    public String typeName() {
        return "LoopContext";
    }

    @Override
    public boolean truth() {
        return true;
    }

    @Override
    public String toString() {
        return "<LoopContext " + (index + 1) + "/" + length() + ">";
    }
}
