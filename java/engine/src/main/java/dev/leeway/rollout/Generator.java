package dev.leeway.rollout;

import dev.leeway.LeewayException;
import dev.leeway.model.Decoding;
import dev.leeway.model.KeyValueCache;
import dev.leeway.model.Llama;
import dev.leeway.tensor.MemoryPlan;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/**
 * Generates completions with continuous batching: as soon as a sequence ends, the next one takes its lane. A prompt with several
 * completions is read once, and they share its pages of the key/value cache. Which sequences run side by side, in which order they began
 * and how often one had to make room for another changes no bit of any of them.
 */
public final class Generator implements AutoCloseable {

    /**
     * What to generate.
     *
     * @param sampling how tokens are drawn
     * @param maxNewTokens tokens a completion has at most
     * @param stopTokens ids that end a completion
     * @param stop what else ends one
     */
    public record Request(SamplingParameters sampling, int maxNewTokens, Set<Integer> stopTokens, StopCondition stop) {

        /** Checks the length. */
        public Request {
            if (maxNewTokens < 0) {
                throw LeewayException.usage("max_new_tokens must be at least 0; got %d", maxNewTokens);
            }
        }

        /** Completions that end at stop tokens or at their greatest length. */
        public Request(SamplingParameters sampling, int maxNewTokens, Set<Integer> stopTokens) {
            this(sampling, maxNewTokens, stopTokens, StopCondition.NEVER);
        }
    }

    /** What becomes of a completion. */
    public enum Verdict {
        /** It goes on. */
        GO_ON,
        /** It is called off. */
        CANCEL,
        /** It is called off with all completions of its prompt that have not ended. */
        CANCEL_GROUP
    }

    /** Hears of every token as it is drawn. */
    public interface TokenListener {
        /** Completion number {@code completion} of prompt number {@code prompt} got {@code token}. */
        Verdict drawn(int prompt, int completion, int token);
    }

    private static final TokenListener NOBODY = (prompt, completion, token) -> Verdict.GO_ON;

    private final Llama model;
    private final Decoding decoding;
    private final Sampler sampler;
    private Supplier<RolloutCounts> counts;

    /** Plans a generator of {@code lanes} sequences at a time, each with room for the longest, for a model of capacity {@code rows}. */
    public Generator(Llama model, int rows, int lanes, MemoryPlan plan) {
        this(model, rows, lanes, OptionalInt.empty(), plan);
    }

    /**
     * The same with a key/value cache of so many pages of {@link KeyValueCache#PAGE_SIZE} tokens, if they are given: where they run out,
     * the youngest completions make room and are read again later.
     *
     * @throws LeewayException if that many hold not one longest sequence
     */
    public Generator(Llama model, int rows, int lanes, OptionalInt pages, MemoryPlan plan) {
        this.model = model;
        decoding = pages.isPresent() ? new Decoding(model, rows, lanes, pages.getAsInt(), plan) : new Decoding(model, rows, lanes, plan);
        sampler = new Sampler(model.device(), lanes, model.config().vocabSize(), lanes * model.positions(), plan);
        counts = () -> new RolloutCounts(decoding.pages(), 0, 0, 0, 0, 0);
    }

    /**
     * The completions of each prompt, in the order of the prompts and of their streams.
     *
     * @throws LeewayException if a prompt is empty, leaves no position for a token, or has an id outside the vocabulary; nothing is
     *     computed then
     */
    public List<List<Completion>> generate(List<Prompt> prompts, Request request) {
        return generate(prompts, request, NOBODY);
    }

    /** The same, telling a listener of every token. */
    public List<List<Completion>> generate(List<Prompt> prompts, Request request, TokenListener listener) {
        var rollout = new Rollout(decoding, sampler, prompts, request, listener);
        counts = rollout::counts;
        try {
            return model.decoding(rollout::completions);
        } finally {
            var last = rollout.counts();
            counts = () -> last;
        }
    }

    /** One completion a prompt; a prompt's number is its stream. */
    public List<Completion> complete(List<int[]> prompts, Request request) {
        return complete(prompts, request, NOBODY);
    }

    /** The same, telling a listener of every token. */
    public List<Completion> complete(List<int[]> prompts, Request request, TokenListener listener) {
        var singles = IntStream.range(0, prompts.size()).mapToObj(i -> Prompt.single(prompts.get(i), i)).toList();
        return generate(singles, request, listener).stream().map(List::getFirst).toList();
    }

    /** What the last call did, or the one that is under way has done. */
    public RolloutCounts counts() {
        return counts.get();
    }

    /** Forgets recorded steps. Call it before the memory they use is freed. */
    @Override
    public void close() {
        decoding.close();
    }
}
