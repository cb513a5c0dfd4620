package dev.leeway.laws;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.ffi.DType;
import dev.leeway.io.AdapterConfig;
import dev.leeway.model.Batch;
import dev.leeway.model.Decoding;
import dev.leeway.model.Family;
import dev.leeway.objective.Column;
import dev.leeway.rollout.Completion;
import dev.leeway.rollout.Completion.Finish;
import dev.leeway.rollout.Generator;
import dev.leeway.rollout.Generator.Verdict;
import dev.leeway.rollout.Prompt;
import dev.leeway.rollout.SamplingParameters;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Completions of a prompt that is read once, in a cache of any size, are those of the prompt read for each of them. */
final class GroupRolloutTest {

    private static final int POSITIONS = 190;
    private static final int GROUP = 3;

    /** Prompts that end on either side of a page of 64 keys, the shared tokens (all but the last) too. */
    private static List<Prompt> groups() {
        var random = new Random(6);
        var prompts = new ArrayList<Prompt>();
        for (int length : new int[] {1, 2, 63, 64, 65, 66, 130, 5}) {
            prompts.add(Prompt.group(random.ints(length, 0, Family.VOCABULARY).toArray(), 100 + (long) prompts.size() * GROUP, GROUP));
        }
        return prompts;
    }

    private static Generator.Request request(double temperature) {
        return new Generator.Request(SamplingParameters.temperature(temperature, 11), 55, Set.of(3, 17),
            (tokens, count) -> count > 30 && tokens[count - 1] == 22);
    }

    private static Rollouts open(Family family, DType dtype, int lanes, OptionalInt pages) {
        return Rollouts.open(family.config(POSITIONS), dtype, lanes, 70, pages, Optional.empty());
    }

    /** Every completion in a call of its own. */
    private static List<List<Completion>> alone(Family family, DType dtype) {
        try (var rollouts = open(family, dtype, 1, OptionalInt.empty())) {
            return groups().stream().map(group -> Arrays.stream(group.streams())
                .mapToObj(stream -> rollouts.generator().generate(List.of(Prompt.single(group.tokens(), stream)), request(0.9)).getFirst()
                    .getFirst()).toList()).toList();
        }
    }

    private static void requireSame(List<List<Completion>> expected, List<List<Completion>> found, String what) {
        for (int i = 0; i < expected.size(); i++) {
            Rollouts.requireSame(expected.get(i), found.get(i), what + ", prompt " + i);
        }
    }

    private static void requireIdle(Rollouts rollouts) {
        var counts = rollouts.generator().counts();
        assertEquals(0, counts.pagesInUse());
        assertTrue(counts.mostPages() <= counts.pages(), counts::toString);
    }

    @ParameterizedTest
    @EnumSource(names = {"LLAMA", "GEMMA3"})
    void completionsOfASharedPromptAreThoseOfThePromptReadAlone(Family family) {
        for (var dtype : List.of(DType.F32, DType.BF16)) {
            var expected = alone(family, dtype);
            assertTrue(expected.stream().flatMap(List::stream).anyMatch(one -> one.finish() == Finish.STOP));
            assertTrue(expected.stream().flatMap(List::stream).anyMatch(one -> one.finish() == Finish.LENGTH));
            for (int lanes : new int[] {1, 2, 7, 24}) {
                try (var rollouts = open(family, dtype, lanes, OptionalInt.empty())) {
                    requireSame(expected, rollouts.generator().generate(groups(), request(0.9)), dtype + ", " + lanes + " lanes");
                    assertEquals(0, rollouts.generator().counts().preemptions());
                    requireIdle(rollouts);
                }
            }
        }
    }

    /** What does so on every back end: two prompts of two pages in a cache of three, where most steps are of one token a lane. */
    @Tag("device")
    @Test
    void twoGroupsThatCrowdAreThePromptsReadAlone() {
        var groups = List.of(groups().get(4), groups().get(5));
        var request = new Generator.Request(SamplingParameters.temperature(0.9, 11), 9, Set.of());
        var pages = OptionalInt.of(Decoding.pagesOf(POSITIONS));
        try (var rollouts = open(Family.LLAMA, DType.F32, 4, pages)) {
            var generator = rollouts.generator();
            var found = generator.generate(groups, request);
            requireIdle(rollouts);
            assertEquals(3, generator.counts().mostPages());
            for (int i = 0; i < groups.size(); i++) {
                for (int c = 0; c < GROUP; c++) {
                    var alone = Prompt.single(groups.get(i).tokens(), groups.get(i).streams()[c]);
                    Rollouts.requireSame(generator.generate(List.of(alone), request).getFirst().getFirst(), found.get(i).get(c),
                        "prompt " + i + ", completion " + c);
                }
            }
        }
    }

    /** From a cache of exactly one longest sequence on, in any order of the prompts: who has to make room loses no bit. */
    @ParameterizedTest
    @ValueSource(ints = {3, 4, 5, 8, 13})
    void aCacheOfAnySizeGivesTheSameCompletionsInAnyOrder(int pages) {
        var expected = alone(Family.LLAMA, DType.F32);
        var order = new ArrayList<>(IntStream.range(0, expected.size()).boxed().toList());
        var shuffles = new Random(pages);
        long preemptions = 0;
        for (int lanes : new int[] {1, 5, 24}) {
            try (var rollouts = open(Family.LLAMA, DType.F32, lanes, OptionalInt.of(pages))) {
                var prompts = order.stream().map(groups()::get).toList();
                requireSame(order.stream().map(expected::get).toList(), rollouts.generator().generate(prompts, request(0.9)),
                    lanes + " lanes, order " + order);
                requireIdle(rollouts);
                preemptions += rollouts.generator().counts().preemptions();
            }
            Collections.shuffle(order, shuffles);
        }
        assertTrue(pages == Decoding.pagesOf(POSITIONS) || preemptions > 0, "nobody had to make room");
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 7, 64})
    void whatTheSamplerStoredOfGroupsIsWhatTrainingSees(int lanes) {
        requireTrainings(lanes, DType.F32, Optional.empty(), OptionalInt.empty());
        requireTrainings(lanes, DType.BF16, Optional.empty(), OptionalInt.of(20));
        requireTrainings(lanes, DType.F32, Small.lora(4), OptionalInt.of(9));
    }

    private static void requireTrainings(int lanes, DType dtype, Optional<AdapterConfig> adapter, OptionalInt pages) {
        try (var rollouts = Rollouts.open(Family.QWEN3.config(POSITIONS), dtype, lanes, 70, pages, adapter)) {
            rollouts.model().setTemperature(0.9);
            var completions = rollouts.generator().generate(groups(), request(0.9));
            for (int i = 0; i < completions.size(); i++) {
                var prompt = groups().get(i).tokens();
                var batch = Batch.of(completions.get(i).stream().map(one -> Batch.Sequence.allTrained(joined(prompt, one.tokens()), 0))
                    .toList());
                var scores = rollouts.model().score(batch, Set.of(Column.LOG_PROB, Column.ENTROPY));
                for (int c = 0; c < GROUP; c++) {
                    var one = completions.get(i).get(c);
                    int first = batch.sequenceStarts()[c] + prompt.length - 1;
                    for (int t = 0; t < one.tokens().length; t++) {
                        assertEquals(one.logProbs()[t], (float) scores.logProb()[first + t], "prompt " + i + ", token " + t);
                        assertEquals(one.entropies()[t], (float) scores.column(Column.ENTROPY)[first + t], "prompt " + i + ", token " + t);
                    }
                }
            }
        }
    }

    private static int[] joined(int[] prompt, int[] completion) {
        return IntStream.concat(Arrays.stream(prompt), Arrays.stream(completion)).toArray();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 8})
    void aPromptIsReadOnceForAllItsCompletions(int lanes) {
        var prompt = new Random(1).ints(100, 0, Family.VOCABULARY).toArray();
        try (var rollouts = open(Family.LLAMA, DType.F32, lanes, OptionalInt.empty())) {
            var request = new Generator.Request(SamplingParameters.temperature(1, 2), 20, Set.of());
            rollouts.generator().generate(List.of(Prompt.group(prompt, 0, 8)), request);
            var counts = rollouts.generator().counts();
            assertEquals(100 + 7, counts.prefillTokens(), "the last token is read by every completion");
            assertEquals(8 * 20, counts.decodeTokens());
            // one page that all share; of each lane one for the rest of the prompt and what is drawn; of lane 1 also what is held
            assertTrue(counts.mostPages() <= 1 + lanes + (lanes < 8 ? 1 : 0), counts::toString);
        }
    }

    @Test
    void whatIsCalledOffLeavesTheOthersAlone() {
        var expected = alone(Family.LLAMA, DType.F32);
        for (var pages : List.of(OptionalInt.empty(), OptionalInt.of(4))) {
            try (var rollouts = open(Family.LLAMA, DType.F32, 5, pages)) {
                var drawn = new int[groups().size()][GROUP];
                var found = rollouts.generator().generate(groups(), request(0.9), (prompt, completion, token) -> {
                    int count = ++drawn[prompt][completion];
                    return prompt == 2 && completion == 1 && count == 1 ? Verdict.CANCEL
                        : prompt == 4 && completion == 0 && count == 2 ? Verdict.CANCEL_GROUP : Verdict.GO_ON;
                });
                for (int prompt = 0; prompt < expected.size(); prompt++) {
                    for (int c = 0; c < GROUP; c++) {
                        boolean isCancelled = prompt == 2 && c == 1 || prompt == 4;
                        var whole = expected.get(prompt).get(c);
                        int length = drawn[prompt][c];
                        Rollouts.requireSame(isCancelled ? beginning(whole, length) : whole, found.get(prompt).get(c),
                            "prompt " + prompt + ", completion " + c);
                    }
                }
                assertEquals(1, found.get(2).get(1).tokens().length);
                assertEquals(2, found.get(4).get(0).tokens().length);
                requireIdle(rollouts);
            }
        }
    }

    private static Completion beginning(Completion whole, int length) {
        return new Completion(Arrays.copyOf(whole.tokens(), length), Arrays.copyOf(whole.logProbs(), length),
            Arrays.copyOf(whole.entropies(), length), Finish.CANCELLED);
    }

    /** 10,000 completions of 1 to 60 tokens, two of nine called off unless they end before, some with their group, where pages are few. */
    @Test
    void tenThousandCompletionsOfAnyLengthLeaveNoPageInUseAndNeverMoreThanPlanned() {
        int groups = 2_500;
        int size = 4;
        var random = new Random(9);
        var prompts = IntStream.range(0, groups).mapToObj(i -> Prompt.group(random.ints(1 + random.nextInt(70), 0, Family.VOCABULARY)
            .toArray(), (long) i * size, size)).toList();
        var ends = random.ints((long) groups * size, 1, 61).toArray();
        var drawn = new int[groups * size];
        try (var rollouts = Rollouts.open(Family.MISTRAL.config(132), DType.F32, 32, 128, OptionalInt.of(24), Optional.empty())) {
            var generator = rollouts.generator();
            var completions = generator.generate(prompts, new Generator.Request(SamplingParameters.temperature(1, 3), 60, Set.of(0, 1, 2)),
                (prompt, completion, token) -> {
                    int id = prompt * size + completion;
                    if (id % 997 == 0) {
                        var counts = generator.counts();
                        assertTrue(counts.pagesInUse() <= counts.mostPages() && counts.mostPages() <= counts.pages(), counts::toString);
                    }
                    return ++drawn[id] < ends[id] || id % 9 > 1 ? Verdict.GO_ON : id % 200 == 0 ? Verdict.CANCEL_GROUP : Verdict.CANCEL;
                });
            assertEquals(groups * size, completions.stream().mapToInt(List::size).sum());
            requireIdle(rollouts);
            assertEquals(24, generator.counts().mostPages());
            assertTrue(generator.counts().preemptions() > 0);
            assertTrue(completions.stream().flatMap(List::stream).anyMatch(one -> one.finish() == Finish.CANCELLED));
            assertTrue(completions.stream().flatMap(List::stream).anyMatch(one -> one.finish() == Finish.LENGTH));
        }
    }
}
