package dev.leeway.rollout;

import dev.leeway.LeewayException;
import dev.leeway.ffi.Region;
import dev.leeway.model.Decoding;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;

/** One call of a generator. */
final class Rollout {

    /** A sequence on its way: its prompt, what of it has been read, what was drawn. */
    private static final class Growing {
        final int prompt;
        final int number;
        final long stream;
        final int lane;
        final int[] promptTokens;
        final int[] tokens;
        final float[] logProbs;
        final float[] entropies;
        int read;
        int drawn;

        /** {@code most} tokens will be drawn at most. */
        Growing(int prompt, int number, Prompt from, int lane, int most) {
            this.prompt = prompt;
            this.number = number;
            this.stream = from.streams()[number];
            this.lane = lane;
            this.promptTokens = from.tokens();
            tokens = new int[most];
            logProbs = new float[most];
            entropies = new float[most];
        }

        boolean isReading() {
            return read < promptTokens.length;
        }

        boolean isFull() {
            return drawn == tokens.length;
        }

        Completion completion(Completion.Finish reason) {
            return new Completion(Arrays.copyOf(tokens, drawn), Arrays.copyOf(logProbs, drawn), Arrays.copyOf(entropies, drawn), reason);
        }
    }

    private final Decoding decoding;
    private final Sampler sampler;
    private final List<Prompt> prompts;
    private final Generator.Request request;
    private final Generator.TokenListener listener;
    private final Completion[][] completions;
    private final Deque<Integer> freeLanes = new ArrayDeque<>();
    private final List<Growing> growing = new ArrayList<>();
    private final List<Growing> rows = new ArrayList<>();
    private final int[] stops;
    private int next;
    private int nextNumber;

    Rollout(Decoding decoding, Sampler sampler, List<Prompt> prompts, Generator.Request request, Generator.TokenListener listener) {
        this.decoding = decoding;
        this.sampler = sampler;
        this.prompts = prompts;
        this.request = request;
        this.listener = listener;
        completions = prompts.stream().map(prompt -> new Completion[prompt.streams().length]).toArray(Completion[][]::new);
        stops = request.stopTokens().stream().mapToInt(Integer::intValue).sorted().toArray();
        for (int lane = 0; lane < decoding.lanes(); lane++) {
            decoding.clear(lane);
            freeLanes.add(lane);
        }
    }

    List<List<Completion>> completions() {
        admit();
        while (!growing.isEmpty()) {
            step();
            admit();
        }
        return Arrays.stream(completions).map(List::of).toList();
    }

    private void admit() {
        while (next < prompts.size() && !freeLanes.isEmpty()) {
            var prompt = prompts.get(next);
            requireFit(next, prompt.tokens().length);
            if (completions[next][nextNumber] == null) {
                if (request.maxNewTokens() == 0) {
                    completions[next][nextNumber] = Completion.empty(Completion.Finish.LENGTH);
                } else {
                    growing.add(new Growing(next, nextNumber, prompt, freeLanes.remove(), Math.min(request.maxNewTokens(),
                        decoding.positions() - prompt.tokens().length)));
                }
            }
            nextNumber++;
            if (nextNumber == prompt.streams().length) {
                next++;
                nextNumber = 0;
            }
        }
    }

    private void requireFit(int prompt, int length) {
        if (length == 0 || length >= decoding.positions()) {
            throw LeewayException.usage("prompt %d has %d tokens; at least 1 and fewer than the model's %d positions are expected",
                prompt + 1, length, decoding.positions());
        }
    }

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

    private void draw() {
        boolean needsHistory = request.sampling().repetitionPenalty() != 1;
        sampler.begin();
        for (int i = 0; i < rows.size(); i++) {
            var sequence = rows.get(i);
            sampler.row(sequence.stream, sequence.promptTokens.length + sequence.drawn);
            if (needsHistory) {
                sampler.remember(sequence.promptTokens, sequence.promptTokens.length);
                sampler.remember(sequence.tokens, sequence.drawn);
            }
        }
        sampler.draw(decoding.logits(), request.sampling(), Region.NONE);
        for (int i = 0; i < rows.size(); i++) {
            var sequence = rows.get(i);
            if (!sequence.isReading() && completions[sequence.prompt][sequence.number] == null) {
                take(sequence, i);
            }
        }
    }

    private void take(Growing sequence, int row) {
        int token = sampler.token(row);
        sequence.tokens[sequence.drawn] = token;
        sequence.logProbs[sequence.drawn] = sampler.logProb(row);
        sequence.entropies[sequence.drawn++] = sampler.entropy(row);
        var verdict = listener.drawn(sequence.prompt, sequence.number, token);
        if (Arrays.binarySearch(stops, token) >= 0 || request.stop().stops(sequence.tokens, sequence.drawn)) {
            finish(sequence, Completion.Finish.STOP);
        } else if (sequence.isFull()) {
            finish(sequence, Completion.Finish.LENGTH);
        } else if (verdict != Generator.Verdict.GO_ON) {
            finish(sequence, Completion.Finish.CANCELLED);
        }
        if (verdict == Generator.Verdict.CANCEL_GROUP) {
            cancelGroup(sequence.prompt);
        }
    }

    private void cancelGroup(int prompt) {
        List.copyOf(growing).stream().filter(one -> one.prompt == prompt).forEach(one -> finish(one, Completion.Finish.CANCELLED));
        for (int i = 0; i < completions[prompt].length; i++) {
            if (completions[prompt][i] == null) {
                completions[prompt][i] = Completion.empty(Completion.Finish.CANCELLED);
            }
        }
    }

    private void finish(Growing sequence, Completion.Finish reason) {
        completions[sequence.prompt][sequence.number] = sequence.completion(reason);
        growing.remove(sequence);
        decoding.clear(sequence.lane);
        freeLanes.add(sequence.lane);
    }
}
