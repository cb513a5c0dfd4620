package dev.leeway.rollout;

import dev.leeway.LeewayException;
import dev.leeway.ffi.Region;
import dev.leeway.model.Decoding;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;

/** One call of a generator. */
final class Rollout {

    private final Decoding decoding;
    private final Sampler sampler;
    private final Generator.Request request;
    private final Generator.TokenListener listener;
    private final Completion[][] completions;
    private final Lanes lanes;
    private final List<Growing> rows = new ArrayList<>();
    private final int[] stops;
    private long prefillTokens;
    private long decodeTokens;
    private OptionalInt pagesAtEnd = OptionalInt.empty();

    /** Refuses prompts that can't be continued; nothing is computed then. */
    Rollout(Decoding decoding, Sampler sampler, List<Prompt> prompts, Generator.Request request, Generator.TokenListener listener) {
        this.decoding = decoding;
        this.sampler = sampler;
        this.request = request;
        this.listener = listener;
        for (int prompt = 0; prompt < prompts.size(); prompt++) {
            requireFit(prompt, prompts.get(prompt).tokens());
        }
        completions = prompts.stream().map(prompt -> new Completion[prompt.streams().length]).toArray(Completion[][]::new);
        stops = request.stopTokens().stream().mapToInt(Integer::intValue).sorted().toArray();
        decoding.restart();
        lanes = new Lanes(decoding, prompts, request.maxNewTokens());
    }

    private void requireFit(int prompt, int[] tokens) {
        if (tokens.length == 0 || tokens.length >= decoding.positions()) {
            throw LeewayException.usage("prompt %d has %d tokens; at least 1 and fewer than the model's %d positions are expected",
                prompt + 1, tokens.length, decoding.positions());
        }
        int vocabulary = decoding.vocabulary();
        for (int t = 0; t < tokens.length; t++) {
            if (tokens[t] < 0 || tokens[t] >= vocabulary) {
                throw LeewayException.data("prompt %d, token %d: id %d is outside the model's vocabulary of %d; the tokenizer and the "
                    + "model do not belong together", prompt + 1, t + 1, tokens[t], vocabulary);
            }
        }
    }

    List<List<Completion>> completions() {
        if (request.maxNewTokens() == 0) {
            Arrays.stream(completions).forEach(group -> Arrays.fill(group, Completion.empty(Completion.Finish.LENGTH)));
        } else {
            grow();
        }
        return Arrays.stream(completions).map(List::of).toList();
    }

    private void grow() {
        try {
            lanes.admit();
            while (!lanes.growing().isEmpty()) {
                step();
                lanes.admit();
            }
            pagesAtEnd = OptionalInt.of(pagesInUse()); // before the rest is cleared, so that a lane that nobody let go of is seen
        } finally {
            decoding.clear();
        }
    }

    private int pagesInUse() {
        return decoding.pages() - decoding.freePages();
    }

    RolloutCounts counts() {
        return new RolloutCounts(decoding.pages(), pagesAtEnd.orElseGet(this::pagesInUse), decoding.mostPages(), lanes.preemptions(),
            prefillTokens, decodeTokens);
    }

    /**
     * Reads as much of what is known of each sequence as the planned rows allow, and draws a token for every one whose last known token was
     * read.
     */
    private void step() {
        rows.clear();
        decoding.begin();
        int room = decoding.rows();
        var growing = lanes.growing();
        for (int i = 0; i < growing.size() && room > 0; i++) {
            var one = growing.get(i);
            if (!one.isWaiting() && lanes.hasRoom(one)) {
                room -= append(one, room);
            }
        }
        decoding.advance();
        lanes.follow();
        draw();
    }

    /** A piece of the prompt, or of what was drawn: the last token, or all of it where it was preempted. */
    private int append(Growing one, int room) {
        rows.add(one);
        int read = decoding.length(one.lane());
        int behindPrompt = read - one.promptTokens().length;
        int count = Math.min(room, behindPrompt < 0 ? -behindPrompt : one.drawn() - behindPrompt);
        if (behindPrompt < 0) {
            decoding.append(one.lane(), one.promptTokens(), read, count);
        } else {
            decoding.append(one.lane(), one.tokens(), behindPrompt, count);
        }
        prefillTokens += read == one.known() - 1 && behindPrompt >= 0 ? 0 : count;
        return count;
    }

    private boolean isRead(Growing one) {
        return decoding.length(one.lane()) == one.known();
    }

    /** What is read only in part gets a draw too, which is forgotten: a draw leaves no trace. */
    private void draw() {
        boolean needsHistory = request.sampling().repetitionPenalty() != 1;
        sampler.begin();
        for (int i = 0; i < rows.size(); i++) {
            var one = rows.get(i);
            sampler.row(one.stream(), one.known());
            if (needsHistory) {
                sampler.remember(one.promptTokens(), one.promptTokens().length);
                sampler.remember(one.tokens(), one.drawn());
            }
        }
        sampler.draw(decoding.logits(), request.sampling(), Region.NONE);
        for (int i = 0; i < rows.size(); i++) {
            var one = rows.get(i);
            if (!hasEnded(one) && isRead(one)) {
                take(one, i);
            }
        }
    }

    private boolean hasEnded(Growing one) {
        return completions[one.prompt()][one.number()] != null;
    }

    private void take(Growing one, int row) {
        int token = sampler.token(row);
        one.take(token, sampler.logProb(row), sampler.entropy(row));
        decodeTokens++;
        var verdict = listener.drawn(one.prompt(), one.number(), token);
        if (Arrays.binarySearch(stops, token) >= 0 || request.stop().stops(one.tokens(), one.drawn())) {
            end(one, Completion.Finish.STOP);
        } else if (one.isFull()) {
            end(one, Completion.Finish.LENGTH);
        } else if (verdict != Generator.Verdict.GO_ON) {
            end(one, Completion.Finish.CANCELLED);
        }
        if (verdict == Generator.Verdict.CANCEL_GROUP) {
            cancelGroup(one.prompt());
        }
    }

    private void end(Growing one, Completion.Finish reason) {
        completions[one.prompt()][one.number()] = one.completion(reason);
        lanes.end(one);
    }

    private void cancelGroup(int prompt) {
        for (var one : lanes.withdraw(prompt)) {
            completions[prompt][one.number()] = one.completion(Completion.Finish.CANCELLED);
        }
        for (int i = 0; i < completions[prompt].length; i++) {
            if (completions[prompt][i] == null) {
                completions[prompt][i] = Completion.empty(Completion.Finish.CANCELLED);
            }
        }
    }
}
