package dev.leeway.learning;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * A sum of two numbers below 100 as tokens: begin, two digits, plus, two digits, equals; the answer has its ones first, so that each digit
 * needs nothing but digits before it, and an end.
 *
 * @param first number
 * @param second number
 */
record ToySum(int first, int second) {

    static final int END = 13;
    static final int VOCABULARY = 16;
    static final int PROMPT = 7;
    /** Three digits and the end. */
    static final int ANSWER = 4;
    private static final int PLUS = 10;
    private static final int EQUALS = 11;
    private static final int BEGIN = 12;
    private static final int NUMBERS = 100;
    private static final int HELD_OUT = 500;

    /** All 10,000, in an order by chance that is always the same. */
    private static List<ToySum> all() {
        var all = IntStream.range(0, NUMBERS * NUMBERS).mapToObj(i -> new ToySum(i / NUMBERS, i % NUMBERS)).toList();
        var order = new ArrayList<>(all);
        Collections.shuffle(order, new Random(1));
        return List.copyOf(order);
    }

    /** Those to train on. */
    static List<ToySum> training() {
        return all().subList(HELD_OUT, NUMBERS * NUMBERS);
    }

    /** 500 others. */
    static List<ToySum> heldOut() {
        return all().subList(0, HELD_OUT);
    }

    int[] prompt() {
        return new int[] {BEGIN, first / 10, first % 10, PLUS, second / 10, second % 10, EQUALS};
    }

    int[] answer() {
        var digits = new StringBuilder(Integer.toString(first + second)).reverse();
        return IntStream.concat(digits.chars().map(digit -> digit - '0'), IntStream.of(END)).toArray();
    }

    /** 1 for the right answer, 0 for everything else. */
    double worth(int[] completion) {
        return Arrays.equals(completion, answer()) ? 1 : 0;
    }
}
