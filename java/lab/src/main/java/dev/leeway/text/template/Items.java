package dev.leeway.text.template;

import java.util.AbstractList;
import java.util.List;

/** Several values in a row, of one of Python's sorts. */
record Items(Kind kind, List<Value> elements, int depth) implements Value {

    /** No value nests deeper, so walking one can't exhaust the stack. */
    static final int DEEPEST = 100;

    /** The sorts of rows. */
    enum Kind {
        LIST("list"), TUPLE("tuple"), GROUP("tuple"), RANGE("range"), KEYS("dict_keys"), VALUES("dict_values"), PAIRS("dict_items");

        private final String typeName;

        Kind(String typeName) {
            this.typeName = typeName;
        }

        String typeName() {
            return typeName;
        }

        /** Whether elements can be taken by position. */
        boolean indexed() {
            return ordinal() <= RANGE.ordinal();
        }
    }

    static Items list(List<Value> elements) {
        return of(Kind.LIST, elements);
    }

    static Items tuple(Value... elements) {
        return of(Kind.TUPLE, List.of(elements));
    }

    static Items of(Kind kind, List<Value> elements) {
        return new Items(kind, elements, deeper(elements));
    }

    /** The integers start, start + step, … */
    static Items range(long start, long step, int size) {
        return new Items(Kind.RANGE, new Progression(start, step, size), 1);
    }

    /** One more than the deepest of the parts. */
    static int deeper(Iterable<? extends Value> parts) {
        int deepest = 0;
        for (Value part : parts) {
            deepest = Math.max(deepest, part.depth());
        }
        if (deepest >= DEEPEST) {
            throw TemplateFailure.of("values nest more than %d deep", DEEPEST);
        }
        return deepest + 1;
    }

    @Override
    public String typeName() {
        return kind.typeName();
    }

    @Override
    public boolean truth() {
        return !elements.isEmpty();
    }

    /** The elements of a range, made when they are asked for. */
    static final class Progression extends AbstractList<Value> {
        private final long start;
        private final long step;
        private final int size;

        Progression(long start, long step, int size) {
            this.start = start;
            this.step = step;
            this.size = size;
        }

        long start() {
            return start;
        }

        long step() {
            return step;
        }

        long stop() {
            return start + step * size;
        }

        @Override
        public Value get(int index) {
            return Int.of(start + step * index);
        }

        @Override
        public int size() {
            return size;
        }
    }
}
