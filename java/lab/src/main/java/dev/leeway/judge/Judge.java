package dev.leeway.judge;

import java.util.Arrays;
import java.util.List;

/** A model that is asked about texts. Several threads may ask at once. */
public interface Judge extends AutoCloseable {

    /** Hears of each verdict as soon as it is there; never of two at the same time from one call of {@link #ask(List, Sink)}. */
    interface Sink {
        /** Question number {@code question} got {@code verdict}. */
        void answered(int question, Verdict verdict);
    }

    /** Names the model and all else that its answers depend on but the question: part of a cache's key and of every result. */
    String id();

    /**
     * Asks, and tells the sink of each verdict exactly once, in any order.
     *
     * @throws dev.leeway.LeewayException if no further question can be answered (a spent budget, a refused key); the sink has heard of
     *     every answer that was paid for
     */
    void ask(List<Question> questions, Sink sink);

    /** One verdict a question, in the order of the questions. */
    default List<Verdict> ask(List<Question> questions) {
        var verdicts = new Verdict[questions.size()];
        ask(questions, (question, verdict) -> verdicts[question] = verdict);
        return Arrays.asList(verdicts);
    }

    /** What it did since it was opened. */
    JudgeCounts counts();

    /** Gives back what it holds. */
    @Override
    void close();
}
