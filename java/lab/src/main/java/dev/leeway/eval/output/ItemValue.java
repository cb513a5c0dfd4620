package dev.leeway.eval.output;

import dev.leeway.eval.Value;

/**
 * One measure of one answer: a row of {@code items.csv}.
 *
 * @param model who answered
 * @param cell what was measured, under what
 * @param item within the benchmark
 * @param epoch the how-manieth time, from 0
 * @param value the number, or why there is none
 */
public record ItemValue(String model, Cell cell, String item, int epoch, Value value) {

    /**
     * One measure of a benchmark under one setting.
     *
     * @param benchmark by its id
     * @param measure by its name
     * @param prompt the evaluation prompt's name
     * @param context of the benchmark
     */
    public record Cell(String benchmark, String measure, String prompt, String context) {
    }
}
