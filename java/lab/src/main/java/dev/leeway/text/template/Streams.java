package dev.leeway.text.template;

import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;

/** Streams over what a filter is applied to; an element is looked at when it is asked for, and each look is a step. */
final class Streams {

    private Streams() {}

    static Stream mapped(Call call, UnaryOperator<Value> mapping) {
        Iterator<Value> source = Sequences.iterate(call.self());
        return new Stream(new Iterator<>() {
            @Override
            public boolean hasNext() {
                return source.hasNext();
            }

            @Override
            public Value next() {
                call.budget().step();
                return mapping.apply(source.next());
            }
        }, call.self());
    }

    static Stream filtered(Call call, Predicate<Value> kept) {
        return new Stream(filtered(Sequences.iterate(call.self()), kept, call.budget()), call.self());
    }

    /** The values that are kept, each asked about when it is its turn. */
    static Iterator<Value> filtered(Iterator<Value> source, Predicate<Value> kept, Budget budget) {
        return new Iterator<>() {
            private Value ready;

            @Override
            public boolean hasNext() {
                while (ready == null && source.hasNext()) {
                    budget.step();
                    Value candidate = source.next();
                    ready = kept.test(candidate) ? candidate : null;
                }
                return ready != null;
            }

            @Override
            public Value next() {
                if (!hasNext()) {
                    throw new NoSuchElementException();
                }
                Value value = ready;
                ready = null;
                return value;
            }
        };
    }
}
