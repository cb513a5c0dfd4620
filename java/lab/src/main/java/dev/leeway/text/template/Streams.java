package dev.leeway.text.template;

import java.util.Collections;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/** Streams over what a filter is applied to. Nothing happens before the first element is asked for, and each element is a step. */
final class Streams {

    private Streams() {}

    /** A stream whose source is opened when its first element is asked for. */
    static Stream of(Call call, Supplier<Iterator<Value>> source) {
        return new Stream(new Iterator<>() {
            private Iterator<Value> opened;

            @Override
            public boolean hasNext() {
                if (opened == null) {
                    opened = source.get();
                }
                return opened.hasNext();
            }

            @Override
            public Value next() {
                if (!hasNext()) {
                    throw new NoSuchElementException();
                }
                call.budget().step();
                return opened.next();
            }
        }, call.self());
    }

    /** The elements of what {@code map}, {@code select} and their like are applied to: none if it is none, false or 0. */
    private static Iterator<Value> source(Call call) {
        return call.self().truth() ? Sequences.iterate(call.self()) : Collections.emptyIterator();
    }

    static Stream mapped(Call call, UnaryOperator<Value> mapping) {
        Stream source = of(call, () -> source(call));
        return new Stream(new Iterator<>() {
            @Override
            public boolean hasNext() {
                return source.values().hasNext();
            }

            @Override
            public Value next() {
                return mapping.apply(source.values().next());
            }
        }, call.self());
    }

    static Stream filtered(Call call, Predicate<Value> kept) {
        return of(call, () -> filtered(source(call), kept, call.budget()));
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
