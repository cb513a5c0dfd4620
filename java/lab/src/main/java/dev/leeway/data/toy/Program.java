package dev.leeway.data.toy;

import dev.leeway.data.Draws;
import java.util.OptionalInt;

/**
 * Programs of the toy world: {@code start 4 up 5 up 6 print}, or {@code start 4 add 2 print}. A program starts with a number, adds, takes
 * away, doubles, or goes up or down by one, where it must say what that gives and is broken if that is wrong; it ends with {@code print}.
 */
public final class Program {

    private static final int MOST_WORDS = 64;
    private static final int LARGEST = 1_000_000;
    private static final int LARGEST_NUMBER = 12;
    private static final int MOST_APART = 6;
    private static final int STRIDE = 32;

    private Program() {}

    /** What a program prints; empty if it isn't one, or if a number leaves ±1,000,000. */
    public static OptionalInt run(String program) {
        String[] words = program.strip().split("\\s+");
        if (words.length < 3 || words.length > MOST_WORDS || !words[0].equals("start") || !words[words.length - 1].equals("print")) {
            return OptionalInt.empty();
        }
        OptionalInt value = number(words[1]);
        int next = 2;
        while (value.isPresent() && next < words.length - 1) {
            boolean doubles = words[next].equals("double");
            OptionalInt operand = doubles ? value : number(words[next + 1]);
            value = operand.isPresent() ? apply(words[next], value.getAsInt(), operand.getAsInt()) : operand;
            next += doubles ? 1 : 2;
        }
        return next == words.length - 1 ? value : OptionalInt.empty();
    }

    private static OptionalInt apply(String operation, int value, int operand) {
        int result = switch (operation) {
            case "add", "double" -> value + operand;
            case "take" -> value - operand;
            case "up" -> operand == value + 1 ? operand : LARGEST + 1;
            case "down" -> operand == value - 1 ? operand : LARGEST + 1;
            default -> LARGEST + 1;
        };
        return Math.abs(result) <= LARGEST ? OptionalInt.of(result) : OptionalInt.empty();
    }

    private static OptionalInt number(String word) {
        return word.matches("[0-9]{1,6}") ? OptionalInt.of(Integer.parseInt(word)) : OptionalInt.empty();
    }

    /**
     * A program from one number to another.
     *
     * @param start 1 to 12
     * @param target 1 to 12, from 1 to 6 apart, and not what is taken away: a question may not have its answer in it
     */
    record Path(int start, int target) {

        static final int COMBINATIONS = (LARGEST_NUMBER + 1) * STRIDE;

        static Path of(int combination) {
            return new Path(combination / STRIDE, combination % STRIDE);
        }

        /** Whether it is one of those that are asked about. */
        boolean exists() {
            return start >= 1 && target >= 1 && target <= LARGEST_NUMBER && start != target && start != 2 * target
                    && Math.abs(target - start) <= MOST_APART;
        }

        static Path drawn(Draws draws) {
            Path path = of(HeldOut.PROGRAM.drawOther(draws, COMBINATIONS));
            while (!path.exists()) {
                path = of(HeldOut.PROGRAM.drawOther(draws, COMBINATIONS));
            }
            return path;
        }

        /** To be written: step by step. */
        String text() {
            String step = target > start ? " up " : " down ";
            return "start " + start + step + Sum.counted(start, target).replace(" ", step) + " print";
        }

        /** To be run: with what follows left to be found out. */
        String shortText() {
            return "start " + start + (target > start ? " add " + (target - start) : " take " + (start - target)) + " print";
        }

        String askToWrite(Tongue tongue) {
            return tongue.say("Write a program from %d to %d.", "Escribe un programa de %d a %d.", "Écris un programme de %d à %d.")
                    .formatted(start, target);
        }

        String askToRun(Tongue tongue) {
            return tongue.say("What does this give: %s", "¿Qué da esto: %s", "Que donne ceci: %s").formatted(shortText());
        }

        String result(Tongue tongue) {
            return tongue.say("It counts %s.", "Cuenta %s.", "Il compte %s.").formatted(Sum.counted(start, target));
        }
    }
}
