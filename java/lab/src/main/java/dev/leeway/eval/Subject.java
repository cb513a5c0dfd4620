package dev.leeway.eval;

import java.util.List;

/** Who is asked: a model, or a rule that stands for one. */
public interface Subject extends AutoCloseable {

    /** Names it in results: a folder's name, with the checkpoint where it is one. */
    String name();

    /** All that its answers depend on but the request: a hash of weights, tokenizer, template, adapter and number type. */
    String hash();

    /**
     * One response a request, in their order. Neither their order nor how many are answered at once changes a response.
     *
     * @throws dev.leeway.LeewayException if it can't do what is asked at all: a reward model writes nothing
     */
    List<Response> answer(List<Asked> asked);

    /** Gives back what it holds. */
    @Override
    void close();

    /**
     * A request with the random numbers that answer it.
     *
     * @param request what is asked
     * @param stream of the random numbers, from the run's seed and from what the request is about
     */
    record Asked(Request request, long stream) {
    }
}
