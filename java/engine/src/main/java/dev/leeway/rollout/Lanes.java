package dev.leeway.rollout;

import dev.leeway.model.Decoding;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * Who grows and who waits. Completions begin in their order, as lanes and pages allow; where pages run out, the youngest gives up its own
 * and waits in front of those that have not begun. So whoever waits is younger than all that grow, and the oldest always gets on, since
 * the pages hold at least one longest sequence.
 *
 * <p>A prompt is read by the oldest of its completions that grow. The others follow: they hold the pages that all tokens but the last
 * fill, copy the page that these fill in part, and read the last token themselves. If the last one that grows ends before all have begun,
 * its lane holds the prompt.
 */
final class Lanes {

    private static final int NO_PROMPT = -1;

    /** Of so many that grow one may want a page before long: so many pages are left free when another one begins. */
    private static final int GROWING_A_PAGE = 8;

    private final Decoding decoding;
    private final List<Prompt> prompts;
    private final int mostNewTokens;
    private final List<Growing> growing = new ArrayList<>();
    private final Deque<Growing> preempted = new ArrayDeque<>();
    private final Deque<Integer> freeLanes = new ArrayDeque<>();
    private int next;
    private int nextNumber;
    private int heldPrompt = NO_PROMPT;
    private int heldLane;
    private long preemptions;

    /** All completions of these prompts wait, and {@code decoding} is empty. */
    Lanes(Decoding decoding, List<Prompt> prompts, int mostNewTokens) {
        this.decoding = decoding;
        this.prompts = prompts;
        this.mostNewTokens = mostNewTokens;
        for (int lane = 0; lane <= decoding.lanes(); lane++) {
            freeLanes.add(lane);
        }
    }

    /** Those that have lanes, oldest first. */
    List<Growing> growing() {
        return growing;
    }

    long preemptions() {
        return preemptions;
    }

    /** Lets as many begin as lanes and pages allow: one at least where none grows and some wait. */
    void admit() {
        while (growing.size() < decoding.lanes() && waitingPrompt() < prompts.size() && hasPages()) {
            begin();
        }
    }

    /** The prompt of the oldest that waits; the number of prompts if none does. */
    private int waitingPrompt() {
        return preempted.isEmpty() ? next : preempted.getFirst().prompt();
    }

    private boolean hasPages() {
        int prompt = waitingPrompt();
        int known = preempted.isEmpty() ? prompts.get(prompt).tokens().length : preempted.getFirst().known();
        int needed = Decoding.pagesOf(known) - (canFollow(prompt) ? Decoding.fullPagesOf(shared(prompt)) : 0);
        if (growing.isEmpty() && needed > decoding.freePages()) {
            letGo();
            return true;
        }
        return needed + (growing.size() + GROWING_A_PAGE - 1) / GROWING_A_PAGE <= decoding.freePages();
    }

    /** Tokens of a prompt that its completions share: all but the last, behind which each one draws. */
    private int shared(int prompt) {
        return prompts.get(prompt).tokens().length - 1;
    }

    private boolean canFollow(int prompt) {
        return shared(prompt) > 0 && (heldPrompt == prompt || !growing.isEmpty() && growing.getLast().prompt() == prompt);
    }

    private void begin() {
        int prompt = waitingPrompt();
        var one = preempted.isEmpty() ? new Growing(prompt, nextNumber++, prompts.get(prompt),
            Math.min(mostNewTokens, decoding.positions() - prompts.get(prompt).tokens().length)) : preempted.removeFirst();
        if (next < prompts.size() && nextNumber == prompts.get(next).streams().length) {
            next++;
            nextNumber = 0;
        }
        int lane = freeLanes.removeFirst();
        var ahead = canFollow(prompt) && heldPrompt != prompt ? oldestOf(prompt) : one;
        if (canFollow(prompt)) {
            decoding.share(heldPrompt == prompt ? heldLane : ahead.lane(), lane, shared(prompt));
        }
        one.grow(lane, ahead);
        growing.add(one);
        if (!decoding.reserve(lane, one.known())) {
            throw new IllegalStateException("completion " + one.number() + " of prompt " + prompt + " began without pages for its tokens");
        }
        if (heldPrompt == prompt) {
            decoding.follow(heldLane, lane, shared(prompt));
        }
        if (heldPrompt != waitingPrompt()) {
            letGo();
        }
        follow(one);
    }

    /** It grows: those of a prompt are neighbours, and only the last prompt's completions may still begin. */
    private Growing oldestOf(int prompt) {
        int i = growing.size() - 1;
        while (i > 0 && growing.get(i - 1).prompt() == prompt) {
            i--;
        }
        return growing.get(i);
    }

    /** Lets those go on whose prompt has been read by now. */
    void follow() {
        for (int i = 0; i < growing.size(); i++) {
            follow(growing.get(i));
        }
    }

    private void follow(Growing one) {
        int shared = shared(one.prompt());
        if (one.isWaiting() && decoding.length(one.ahead().lane()) >= shared) {
            decoding.follow(one.ahead().lane(), one.lane(), shared);
            one.grow(one.lane(), one);
        }
    }

    /** Gets a page for the next token of one that grows, if it needs one; false if it had to give up its own. */
    boolean hasRoom(Growing one) {
        while (!decoding.reserve(one.lane(), decoding.length(one.lane()) + 1)) {
            if (heldPrompt != NO_PROMPT) {
                letGo();
                continue;
            }
            var youngest = growing.removeLast();
            leave(youngest);
            preempted.addFirst(youngest);
            preemptions++;
            if (youngest == one) {
                return false;
            }
        }
        return true;
    }

    /** One that grew has ended. */
    void end(Growing one) {
        growing.remove(one);
        int prompt = one.prompt();
        boolean isLast = growing.stream().noneMatch(other -> other.prompt() == prompt);
        if (isLast && waitingPrompt() == prompt && heldPrompt != prompt && shared(prompt) > 0) {
            decoding.keep(one.lane(), shared(prompt));
            heldPrompt = prompt;
            heldLane = one.lane();
            one.grow(Growing.NO_LANE, one);
        } else {
            leave(one);
        }
    }

    /** Takes away all completions of a prompt that have not ended, and returns those that have begun; the others never will. */
    List<Growing> withdraw(int prompt) {
        var begun = new ArrayList<Growing>();
        for (var from : List.of(growing, preempted)) {
            from.stream().filter(one -> one.prompt() == prompt).forEach(begun::add);
            from.removeIf(one -> one.prompt() == prompt);
        }
        begun.forEach(this::leave);
        if (heldPrompt == prompt) {
            letGo();
        }
        if (next == prompt) {
            next++;
            nextNumber = 0;
        }
        return begun;
    }

    private void leave(Growing one) {
        if (one.lane() != Growing.NO_LANE) {
            decoding.clear(one.lane());
            freeLanes.addFirst(one.lane());
            one.grow(Growing.NO_LANE, one);
        }
    }

    /** Holds no prompt any more. */
    private void letGo() {
        if (heldPrompt != NO_PROMPT) {
            decoding.clear(heldLane);
            freeLanes.addFirst(heldLane);
            heldPrompt = NO_PROMPT;
        }
    }
}
