package dev.leeway.rollout;

import dev.leeway.LeewayException;
import dev.leeway.ffi.Region;
import dev.leeway.model.Decoding;
import dev.leeway.model.Llama;
import dev.leeway.tensor.MemoryPlan;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Set;

/**
 * Generates completions with continuous batching: as soon as a sequence ends, the next prompt takes its lane. Which sequences run side by
 * side changes no bit of any of them.
 */
public final class Generator implements AutoCloseable {

    /**
     * What to generate.
     *
     * @param sampling how tokens are drawn
     * @param maxNewTokens tokens a completion has at most
     * @param stopTokens ids that end a completion
     */
    public record Request(SamplingParameters sampling, int maxNewTokens, Set<Integer> stopTokens) {

        /** Checks the length. */
        public Request {
            if (maxNewTokens < 0) {
                throw LeewayException.usage("max_new_tokens must be at least 0; got %d", maxNewTokens);
            }
        }
    }

    /** Hears of every token as it is drawn. */
    public interface TokenListener {
        /** Prompt number {@code prompt} got {@code token}. */
        void drawn(int prompt, int token);
    }

    private final Llama model;
    private final Decoding decoding;
    private final Sampler sampler;

    /** Plans a generator of {@code lanes} sequences at a time for a model whose capacity is {@code rows}. */
    public Generator(Llama model, int rows, int lanes, MemoryPlan plan) {
        this.model = model;
        decoding = new Decoding(model, rows, lanes, plan);
        sampler = new Sampler(model.device(), lanes, model.config().vocabSize(), lanes * model.positions(), plan);
    }

    /** One completion a prompt, in the order of the prompts. */
    public List<Completion> generate(List<int[]> prompts, Request request) {
        return generate(prompts, request, (prompt, token) -> { });
    }

    /** The same, telling a listener of every token. */
    public List<Completion> generate(List<int[]> prompts, Request request, TokenListener listener) {
        return model.decoding(() -> new Run(prompts, request, listener).completions());
    }

    /** Forgets recorded steps. Call it before the memory they use is freed. */
    @Override
    public void close() {
        decoding.close();
    }

    /** A sequence on its way: its prompt, what of it has been read, what was drawn. */
    private static final class Growing {
        final int prompt;
        final int lane;
        final int[] promptTokens;
        final int[] tokens;
        final float[] logProbs;
        int read;
        int drawn;

        /** {@code most} tokens will be drawn at most. */
        Growing(int prompt, int lane, int[] promptTokens, int most) {
            this.prompt = prompt;
            this.lane = lane;
            this.promptTokens = promptTokens;
            tokens = new int[most];
            logProbs = new float[most];
        }

        boolean isReading() {
            return read < promptTokens.length;
        }

        boolean isFull() {
            return drawn == tokens.length;
        }

        void take(int token, float logProb) {
            tokens[drawn] = token;
            logProbs[drawn++] = logProb;
        }

        Completion completion(Completion.Finish reason) {
            return isFull() ? new Completion(tokens, logProbs, reason)
                : new Completion(Arrays.copyOf(tokens, drawn), Arrays.copyOf(logProbs, drawn), reason);
        }
    }

    private final class Run {
        private final List<int[]> prompts;
        private final Request request;
        private final TokenListener listener;
        private final Completion[] completions;
        private final Deque<Integer> freeLanes = new ArrayDeque<>();
        private final List<Growing> growing = new ArrayList<>();
        private final List<Growing> rows = new ArrayList<>();
        private final int[] stops;
        private int next;

        Run(List<int[]> prompts, Request request, TokenListener listener) {
            this.prompts = prompts;
            this.request = request;
            this.listener = listener;
            this.completions = new Completion[prompts.size()];
            this.stops = request.stopTokens().stream().mapToInt(Integer::intValue).sorted().toArray();
            for (int lane = 0; lane < decoding.lanes(); lane++) {
                decoding.clear(lane);
                freeLanes.add(lane);
            }
        }

        List<Completion> completions() {
            admit();
            while (!growing.isEmpty()) {
                step();
                admit();
            }
            return List.of(completions);
        }

        private void admit() {
            while (next < prompts.size() && !freeLanes.isEmpty()) {
                int prompt = next++;
                requireFit(prompt);
                if (request.maxNewTokens() == 0) {
                    completions[prompt] = new Completion(new int[0], new float[0], Completion.Finish.LENGTH);
                } else {
                    var tokens = prompts.get(prompt);
                    growing.add(new Growing(prompt, freeLanes.remove(), tokens, Math.min(request.maxNewTokens(),
                        decoding.positions() - tokens.length)));
                }
            }
        }

        private void requireFit(int prompt) {
            int length = prompts.get(prompt).length;
            if (length == 0 || length >= decoding.positions()) {
                throw LeewayException.usage("prompt %d has %d tokens; at least 1 and fewer than the model's %d positions are expected",
                    prompt + 1, length,
                    decoding.positions());
            }
        }

        /**
         * Reads as much of the waiting prompts as the planned rows allow, and draws a token for every sequence whose last token was read.
         */
        private void step() {
            rows.clear();
            decoding.begin();
            int room = decoding.rows();
            for (int i = 0; i < growing.size() && room > 0; i++) {
                room -= append(growing.get(i), room);
            }
            decoding.advance();
            draw();
        }

        private int append(Growing sequence, int room) {
            rows.add(sequence);
            if (!sequence.isReading()) {
                decoding.append(sequence.lane, sequence.tokens, sequence.drawn - 1, 1);
                return 1;
            }
            int count = Math.min(room, sequence.promptTokens.length - sequence.read);
            decoding.append(sequence.lane, sequence.promptTokens, sequence.read, count);
            sequence.read += count;
            return count;
        }

        /** A prompt that is read only in part gets a draw too, which is forgotten: a draw leaves no trace. */
        private void draw() {
            boolean needsHistory = request.sampling().repetitionPenalty() != 1;
            sampler.begin();
            for (int i = 0; i < rows.size(); i++) {
                var sequence = rows.get(i);
                sampler.row(sequence.prompt, sequence.promptTokens.length + sequence.drawn);
                if (needsHistory) {
                    sampler.remember(sequence.promptTokens, sequence.promptTokens.length);
                    sampler.remember(sequence.tokens, sequence.drawn);
                }
            }
            sampler.draw(decoding.logits(), request.sampling(), Region.NONE);
            for (int i = 0; i < rows.size(); i++) {
                if (!rows.get(i).isReading()) {
                    take(rows.get(i), sampler.token(i), sampler.logProb(i));
                }
            }
        }

        private void take(Growing sequence, int token, float logProb) {
            sequence.take(token, logProb);
            listener.drawn(sequence.prompt, token);
            boolean stopped = Arrays.binarySearch(stops, token) >= 0;
            if (stopped || sequence.isFull()) {
                finish(sequence, stopped ? Completion.Finish.STOP : Completion.Finish.LENGTH);
            }
        }

        private void finish(Growing sequence, Completion.Finish reason) {
            completions[sequence.prompt] = sequence.completion(reason);
            growing.remove(sequence);
            decoding.clear(sequence.lane);
            freeLanes.add(sequence.lane);
        }
    }
}
