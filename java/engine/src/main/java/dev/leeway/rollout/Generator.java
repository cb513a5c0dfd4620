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
public final class Generator {

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

    /** A sequence on its way: its prompt, what of it has been read, what was drawn. */
    private static final class Growing {
        final int prompt;
        final int lane;
        final int[] promptTokens;
        final List<Sampler.Drawn> drawn = new ArrayList<>();
        int read;

        Growing(int prompt, int lane, int[] promptTokens) {
            this.prompt = prompt;
            this.lane = lane;
            this.promptTokens = promptTokens;
        }

        boolean isReading() {
            return read < promptTokens.length;
        }

        int[] history() {
            var history = Arrays.copyOf(promptTokens, promptTokens.length + drawn.size());
            for (int i = 0; i < drawn.size(); i++) {
                history[promptTokens.length + i] = drawn.get(i).token();
            }
            return history;
        }
    }

    private final class Run {
        private final List<int[]> prompts;
        private final Request request;
        private final TokenListener listener;
        private final Completion[] completions;
        private final Deque<Integer> freeLanes = new ArrayDeque<>();
        private final List<Growing> growing = new ArrayList<>();
        private int next;

        Run(List<int[]> prompts, Request request, TokenListener listener) {
            this.prompts = prompts;
            this.request = request;
            this.listener = listener;
            this.completions = new Completion[prompts.size()];
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
                    growing.add(new Growing(prompt, freeLanes.remove(), prompts.get(prompt)));
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
            var chunks = new ArrayList<Decoding.Chunk>();
            var rows = new ArrayList<Growing>();
            int room = decoding.rows();
            for (var sequence : growing) {
                int count = Math.min(room, sequence.isReading() ? sequence.promptTokens.length - sequence.read : 1);
                if (count > 0) {
                    chunks.add(new Decoding.Chunk(sequence.lane, nextTokens(sequence, count)));
                    rows.add(sequence);
                    room -= count;
                }
            }
            decoding.advance(chunks);
            draw(rows);
        }

        private int[] nextTokens(Growing sequence, int count) {
            if (!sequence.isReading()) {
                return new int[] {sequence.drawn.getLast().token()};
            }
            sequence.read += count;
            return Arrays.copyOfRange(sequence.promptTokens, sequence.read - count, sequence.read);
        }

        /** A prompt that is read only in part gets a draw too, which is forgotten: a draw leaves no trace. */
        private void draw(List<Growing> rows) {
            var drawn = sample(rows);
            for (int i = 0; i < rows.size(); i++) {
                if (!rows.get(i).isReading()) {
                    take(rows.get(i), drawn.get(i));
                }
            }
        }

        private List<Sampler.Drawn> sample(List<Growing> rows) {
            boolean needsHistory = request.sampling().repetitionPenalty() != 1;
            var described = rows.stream()
                .map(sequence -> new Sampler.Row(sequence.prompt, sequence.promptTokens.length + sequence.drawn.size(),
                needsHistory ? sequence.history() : new int[0])).toList();
            return sampler.draw(decoding.logits(), described, request.sampling(), Region.NONE);
        }

        private void take(Growing sequence, Sampler.Drawn drawn) {
            sequence.drawn.add(drawn);
            listener.drawn(sequence.prompt, drawn.token());
            boolean stopped = request.stopTokens().contains(drawn.token());
            boolean full = sequence.drawn.size() == request.maxNewTokens()
                || sequence.promptTokens.length + sequence.drawn.size() == decoding.positions();
            if (stopped || full) {
                finish(sequence, stopped ? Completion.Finish.STOP : Completion.Finish.LENGTH);
            }
        }

        private void finish(Growing sequence, Completion.Finish reason) {
            int count = sequence.drawn.size();
            var tokens = new int[count];
            var logProbs = new float[count];
            for (int i = 0; i < count; i++) {
                tokens[i] = sequence.drawn.get(i).token();
                logProbs[i] = sequence.drawn.get(i).logProb();
            }
            completions[sequence.prompt] = new Completion(tokens, logProbs, reason);
            growing.remove(sequence);
            decoding.clear(sequence.lane);
            freeLanes.add(sequence.lane);
        }
    }
}
