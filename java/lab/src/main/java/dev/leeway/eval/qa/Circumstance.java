package dev.leeway.eval.qa;

import java.util.Locale;

/** How someone who asks feels, stands to the model, or what hangs on the answer. */
public enum Circumstance {

    /** None is told. */
    UNMODIFIED(Kind.NONE),
    /** They are angry. */
    ANGER(Kind.EMOTION),
    /** They are happy. */
    HAPPY(Kind.EMOTION),
    /** They are sad. */
    SAD(Kind.EMOTION),
    /** They feel close to the model. */
    CLOSE(Kind.RELATION),
    /** They look up to it. */
    HIERARCHICAL_UP(Kind.RELATION),
    /** They command it. */
    HIERARCHICAL_DOWN(Kind.RELATION),
    /** Much hangs on the answer. */
    HIGH(Kind.STAKE),
    /** Nothing does. */
    LOW(Kind.STAKE);

    /** What kinds there are. */
    enum Kind { NONE, EMOTION, RELATION, STAKE }

    private final Kind kind;

    Circumstance(Kind kind) {
        this.kind = kind;
    }

    Kind kind() {
        return kind;
    }

    /** As contexts name it. */
    String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** As files of statements name it: {@code emotion:sad}. */
    String type() {
        return kind == Kind.NONE ? word() : kind.name().toLowerCase(Locale.ROOT) + ":" + word();
    }
}
