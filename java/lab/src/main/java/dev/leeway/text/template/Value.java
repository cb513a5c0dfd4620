package dev.leeway.text.template;

import java.math.BigInteger;

/**
 * What a template can hold: Python's values as far as chat templates use them. All are immutable except {@link Namespace} and the state of
 * loops and streams, and none leads to an object of the host.
 */
sealed interface Value permits Value.None, Value.Bool, Value.Int, Value.Real, Text, Items, Dict, Stream, Undefined, Namespace, Callable,
        Cycler, Loop {

    /** Python's name of the type, as its messages show it. */
    String typeName();

    /** Python's truth. */
    boolean truth();

    /** How many lists and maps lie inside one another here; 0 for a scalar. */
    default int depth() {
        return 0;
    }

    /** Python's None. */
    enum None implements Value {
        NONE;

        @Override
        public String typeName() {
            return "NoneType";
        }

        @Override
        public boolean truth() {
            return false;
        }
    }

    /** A truth value; in arithmetic and as a key it is 1 or 0. */
    record Bool(boolean value) implements Value {
        static final Bool TRUE = new Bool(true);
        static final Bool FALSE = new Bool(false);

        static Bool of(boolean value) {
            return value ? TRUE : FALSE;
        }

        @Override
        public String typeName() {
            return "bool";
        }

        @Override
        public boolean truth() {
            return value;
        }
    }

    /** An integer of any size up to {@link Numbers#MOST_BITS}. */
    record Int(BigInteger value) implements Value {
        static Int of(long value) {
            return new Int(BigInteger.valueOf(value));
        }

        @Override
        public String typeName() {
            return "int";
        }

        @Override
        public boolean truth() {
            return value.signum() != 0;
        }
    }

    /** A floating-point number. */
    record Real(double value) implements Value {
        @Override
        public String typeName() {
            return "float";
        }

        @Override
        public boolean truth() {
            return value != 0;
        }
    }
}
