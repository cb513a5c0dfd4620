package dev.leeway.data.toy;

import dev.leeway.data.Draws;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Two numbers to add.
 *
 * @param first 1 to 12
 * @param second 1 to 6
 */
record Sum(int first, int second) {

    private static final int LARGEST = 12;
    private static final int LARGEST_SECOND = 6;
    static final int COMBINATIONS = LARGEST * LARGEST_SECOND;

    static Sum of(int combination) {
        return new Sum(combination / LARGEST_SECOND + 1, combination % LARGEST_SECOND + 1);
    }

    static Sum drawn(Draws draws) {
        return of(HeldOut.SUM.drawOther(draws, COMBINATIONS));
    }

    int value() {
        return first + second;
    }

    String question(Tongue tongue) {
        return tongue.say("What is %d + %d?", "¿Cuánto es %d + %d?", "Combien font %d + %d?").formatted(first, second);
    }

    /** Counted: {@code 3 + 4: 4 5 6 7.} A model this small learns to count on, and doesn't find out what numbers are by itself. */
    String solved() {
        return first + " + " + second + ": " + counted(first, value()) + ".";
    }

    /** To {@link #question}: it doesn't repeat the question, whose pairs of numbers a small model would complete to those it knows. */
    String answer(Tongue tongue) {
        return tongue.say("It counts %s.", "Cuenta %s.", "Il compte %s.").formatted(counted(first, value()));
    }

    /** The numbers behind the first one, up or down to the last. */
    static String counted(int from, int to) {
        int step = Integer.signum(to - from);
        return IntStream.rangeClosed(1, Math.abs(to - from)).mapToObj(i -> Integer.toString(from + step * i))
                .collect(Collectors.joining(" "));
    }
}
