package dev.leeway.reward;

import java.util.List;
import java.util.Set;

/** A function that says what completions are worth. The same completions get the same numbers, whoever they are asked with. */
public interface Reward extends AutoCloseable {

    /** What users call it, and metrics: {@code gsm8k}, {@code language:es}. */
    String name();

    /** One number a completion, in their order; NaN where there is none to give. */
    double[] of(List<Answer> answers);

    /** The parts of a row that it reads beside the prompt. A row without one of them has no reward. */
    default Set<String> reads() {
        return Set.of();
    }

    /** Gives back what it holds. */
    @Override
    default void close() {
    }
}
