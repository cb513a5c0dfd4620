package dev.leeway.text.template;

import java.util.Map;
import java.util.Optional;

/** The arithmetic operators, with their spelling. */
enum Operator {
    ADD("+"), SUBTRACT("-"), MULTIPLY("*"), DIVIDE("/"), FLOOR_DIVIDE("//"), MODULO("%"), POWER("**");

    private static final Map<String, Operator> BY_SPELLING = Map.of("+", ADD, "-", SUBTRACT, "*", MULTIPLY, "/", DIVIDE,
            "//", FLOOR_DIVIDE, "%", MODULO, "**", POWER);

    private final String spelling;

    Operator(String spelling) {
        this.spelling = spelling;
    }

    String spelling() {
        return spelling;
    }

    static Optional<Operator> spelled(String spelling) {
        return Optional.ofNullable(BY_SPELLING.get(spelling));
    }
}
