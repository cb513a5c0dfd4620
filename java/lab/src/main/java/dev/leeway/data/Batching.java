package dev.leeway.data;

import dev.leeway.model.Batch;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.ToIntFunction;
import java.util.stream.IntStream;

/**
 * How the rows of an optimiser step become its micro-batches: the sequences of a unit are neighbours, the better one of a pair carries its
 * margin if it has one, an answer of KTO its label, +1 or −1.
 *
 * @param chosenPrompts whether the prompt of a pair's better answer is trained too, as losses with its likelihood want it; the answers stay
 *                      what is compared
 * @param mismatched    how prompts with the answers of other rows are cut, where KTO's baseline measures them; empty = there are none. The
 *                      answers of a step move on by one row, the last one to the first prompt, so that the set of answers is the same;
 *                      these sequences carry the label 0 and come in micro-batches of their own, behind the others
 */
public record Batching(boolean chosenPrompts, Optional<Mismatched> mismatched) {

    /** Every sequence as it was read. */
    public static final Batching PLAIN = new Batching(false, Optional.empty());

    /** With the prompts of better answers trained. */
    public static final Batching CHOSEN_PROMPTS = new Batching(true, Optional.empty());

    /**
     * How prompts with the answers of other rows are cut.
     *
     * @param maxLength  tokens that one may have
     * @param truncation what is kept of a longer one
     */
    public record Mismatched(int maxLength, Truncation truncation) {

        private Batch.Sequence sequence(LabelledExample row, LabelledExample other) {
            int[] prompt = row.prompt();
            int[] answer = other.answer();
            int[] ids = Arrays.copyOf(prompt, prompt.length + answer.length);
            System.arraycopy(answer, 0, ids, prompt.length, answer.length);
            boolean[] mask = new boolean[ids.length];
            Arrays.fill(mask, prompt.length, ids.length, true);
            Truncation cut = new Truncation(truncation.keep(), Optional.empty()); // prompts are short already
            Truncation.Kept kept = cut.of(new Truncation.Kept(ids, mask), maxLength, OptionalInt.empty());
            return new Batch.Sequence(kept.ids(), kept.mask(), row.unitId()).withReward(0);
        }
    }

    /** With mismatched answers. */
    public static Batching mismatched(int maxLength, Truncation truncation) {
        return new Batching(false, Optional.of(new Mismatched(maxLength, truncation)));
    }

    /** The micro-batches of a step; {@code step} has the units of each. */
    public List<Batch> batches(List<List<Unit>> step) {
        List<Batch> batches = new ArrayList<>();
        for (List<Unit> units : step) {
            batches.add(Batch.of(units.stream().flatMap(unit -> sequences(unit).stream()).toList()));
        }
        mismatched.ifPresent(how -> addMismatched(step, how, batches));
        return batches;
    }

    private List<Batch.Sequence> sequences(Unit unit) {
        return switch (unit) {
            case Example example -> List.of(example.sequence());
            case PreferenceExample pair -> List.of(chosen(pair), pair.rejected().sequence());
            case LabelledExample labelled -> List.of(labelled.example().sequence().withReward(labelled.label() ? 1 : -1));
        };
    }

    private Batch.Sequence chosen(PreferenceExample pair) {
        Batch.Sequence sequence = chosenPrompts ? whole(pair.chosen()) : pair.chosen().sequence();
        return pair.margin().isPresent() ? sequence.withReward(pair.margin().getAsDouble()) : sequence;
    }

    private static Batch.Sequence whole(Example chosen) {
        boolean[] all = new boolean[chosen.mask().length];
        Arrays.fill(all, 1, all.length, true);
        return new Batch.Sequence(chosen.tokens(), all, chosen.unitId()).withCompletion(chosen.mask());
    }

    /** A row alone, as it may be at the end of an epoch, is measured with its own answer, as with TRL. */
    private static void addMismatched(List<List<Unit>> step, Mismatched how, List<Batch> batches) {
        List<LabelledExample> rows = step.stream().flatMap(List::stream).map(LabelledExample.class::cast).toList();
        int next = 0;
        for (List<Unit> units : step) {
            int first = next;
            batches.add(Batch.of(IntStream.range(first, first + units.size())
                    .mapToObj(i -> how.sequence(rows.get(i), rows.get((i + rows.size() - 1) % rows.size()))).toList()));
            next += units.size();
        }
    }

    /** The same for rows that are cut to so many tokens. */
    public Batching shortened(int length) {
        return new Batching(chosenPrompts, mismatched.map(how -> new Mismatched(Math.min(length, how.maxLength()), how.truncation())));
    }

    /** Tokens of the largest micro-batch of a step. */
    public int largestBatch(List<List<Unit>> step) {
        return mismatched.isPresent() ? batches(step).stream().mapToInt(Batch::rows).max().orElse(0)
                : step.stream().mapToInt(Batching::tokens).max().orElse(0);
    }

    /** Tokens of the longest sequence that these bins can give, however they are put together. */
    public int longest(List<List<Unit>> bins) {
        List<List<Unit>> single = bins.stream().flatMap(List::stream).map(List::of).toList();
        long longest = most(single, 1, bin -> bin.getFirst().sequences().stream().mapToInt(Example::length).max().orElse(0));
        return Math.toIntExact(mismatched.map(how -> Math.max(longest, Math.min(how.maxLength(),
                most(single, 1, Batching::prompts) + most(single, 1, Batching::answers)))).orElse(longest));
    }

    /** Tokens that no micro-batch of so many bins exceeds, in whatever order they come. */
    long mostTokens(List<List<Unit>> bins, int count) {
        long most = most(bins, count, Batching::tokens);
        return mismatched.map(how -> Math.max(most, Math.min((long) count * how.maxLength(),
                most(bins, count, Batching::prompts) + most(bins, count, Batching::answers)))).orElse(most);
    }

    /** Sequences that no micro-batch of so many bins exceeds. */
    long mostSequences(List<List<Unit>> bins, int count) {
        return most(bins, count, bin -> bin.stream().mapToInt(unit -> unit.sequences().size()).sum());
    }

    private static int tokens(List<Unit> bin) {
        return bin.stream().mapToInt(Unit::length).sum();
    }

    private static int prompts(List<Unit> bin) {
        return bin.stream().mapToInt(unit -> ((LabelledExample) unit).prompt().length).sum();
    }

    private static int answers(List<Unit> bin) {
        return bin.stream().mapToInt(unit -> ((LabelledExample) unit).answer().length).sum();
    }

    /** The sum over so many bins of which each has as much as any has. */
    private static long most(List<List<Unit>> bins, int count, ToIntFunction<List<Unit>> size) {
        return bins.stream().mapToInt(size).sorted().skip(Math.max(0, bins.size() - count)).asLongStream().sum();
    }
}
