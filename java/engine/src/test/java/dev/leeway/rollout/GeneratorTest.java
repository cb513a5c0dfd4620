package dev.leeway.rollout;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.leeway.LeewayException.Kind;
import dev.leeway.faults.Refusal;
import dev.leeway.ffi.DType;
import dev.leeway.model.Batch;
import dev.leeway.model.Capacity;
import dev.leeway.model.Family;
import dev.leeway.model.Llama;
import dev.leeway.model.ModelPlan;
import dev.leeway.model.TinyModel;
import dev.leeway.rollout.Completion.Finish;
import dev.leeway.tensor.Device;
import dev.leeway.tensor.MemoryPlan;
import dev.leeway.train.AdamW;
import dev.leeway.train.TrainingSession;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class GeneratorTest {

    private final Device device = Device.open("cpu", 2);
    private final InferenceSession session = InferenceSession.open(Family.LLAMA.config(), Optional.empty(), 64, 2, device);

    GeneratorTest() {
        TinyModel.randomize(session.model(), 3);
    }

    @AfterEach
    void close() {
        session.close();
        device.close();
    }

    private Completion greedy(int[] prompt, int maxNewTokens, Integer... stops) {
        var request = new Generator.Request(SamplingParameters.greedy(), maxNewTokens, Set.of(stops));
        return session.generator().complete(List.of(prompt), request).getFirst();
    }

    @Test
    void aStopTokenEndsACompletionAndBelongsToIt() {
        var free = greedy(new int[] {1, 2, 3}, 20);
        assertEquals(20, free.tokens().length);
        assertEquals(Finish.LENGTH, free.finish());
        int stop = free.tokens()[7];
        int first = IntStream.range(0, 20).filter(i -> free.tokens()[i] == stop).findFirst().orElseThrow();
        var stopped = greedy(new int[] {1, 2, 3}, 20, stop, 60);
        assertArrayEquals(Arrays.copyOf(free.tokens(), first + 1), stopped.tokens());
        assertArrayEquals(Arrays.copyOf(free.logProbs(), first + 1), stopped.logProbs());
        assertEquals(Finish.STOP, stopped.finish());
    }

    @Test
    void maxNewTokensIsKeptAndMayBeNothing() {
        assertEquals(1, greedy(new int[] {1}, 1).tokens().length);
        assertEquals(0, greedy(new int[] {1}, 0).tokens().length);
        assertEquals(Finish.LENGTH, greedy(new int[] {1}, 0).finish());
        Refusal.assertRefused(Kind.USAGE, () -> greedy(new int[] {1}, -1), "max_new_tokens", "-1");
    }

    @Test
    void aCompletionEndsWhereTheModelsPositionsDo() {
        var completion = greedy(new int[60], 20);
        assertEquals(4, completion.tokens().length);
        assertEquals(Finish.LENGTH, completion.finish());
        assertEquals(1, greedy(new int[63], 20).tokens().length);
    }

    @Test
    void aPromptThatLeavesNoRoomOrSaysNothingIsRefused() {
        Refusal.assertRefused(Kind.USAGE, () -> greedy(new int[64], 1), "prompt 1", "64");
        Refusal.assertRefused(Kind.USAGE, () -> greedy(new int[0], 1), "prompt 1", "0 tokens");
    }

    @Test
    void aTokenOutsideTheVocabularyIsRefusedAndTheGeneratorGoesOn() {
        var before = greedy(new int[] {1, 2}, 5);
        Refusal.assertRefused(Kind.DATA, () -> greedy(new int[] {1, Family.VOCABULARY}, 5), "61");
        Refusal.assertRefused(Kind.DATA, () -> greedy(new int[] {-1}, 5), "-1");
        assertArrayEquals(before.tokens(), greedy(new int[] {1, 2}, 5).tokens());
    }

    @Test
    void thePromptAndTheTokenThatAreRefusedAreNamedAndNothingIsComputed() {
        var prompts = List.of(Prompt.single(new int[] {1}, 0), Prompt.single(new int[] {1, 2, Family.VOCABULARY}, 1));
        var request = new Generator.Request(SamplingParameters.greedy(), 5, Set.of());
        Refusal.assertRefused(Kind.DATA, () -> session.generator().generate(prompts, request, (prompt, completion, token) -> {
            throw new AssertionError("a token was drawn");
        }), "prompt 2, token 3", "id " + Family.VOCABULARY);
    }

    @Test
    void aPromptWithoutCompletionsOrWithTheSameTwiceIsRefused() {
        Refusal.assertRefused(Kind.USAGE, () -> new Prompt(new int[] {1, 2}, new long[0]), "no completion");
        Refusal.assertRefused(Kind.USAGE, () -> new Prompt(new int[] {1}, new long[] {7, -2, 7}), "stream 7", "twice");
        assertArrayEquals(new long[] {-1, 0, 1}, Prompt.group(new int[] {1}, -1, 3).streams());
    }

    @Test
    void aCacheThatHoldsNotOneLongestSequenceIsRefusedWhenItIsPlanned() {
        var size = InferenceSession.Size.generating(200, 3);
        for (int pages : new int[] {-1, 0, 3}) {
            Refusal.assertRefused(Kind.USAGE, () -> InferenceSession.open(Family.LLAMA.config(200), Optional.empty(), size.withPages(pages),
                device), pages + " pages", "200 tokens", "takes 4");
        }
        var settings = new TrainingSession.Settings(Optional.empty(), 200, 200, 2, AdamW.Settings.standard(), 3);
        Refusal.assertRefused(Kind.USAGE, () -> TrainingSession.open(Family.LLAMA.config(200), settings.withSamplingPages(3), device),
            "3 pages", "takes 4");
        var pages = DType.F32.bytes() * 2L * 2 * 64 * 2 * 8; // two layers, keys and values, 64 tokens, two heads of 8
        assertEquals((3 * 4 - 5) * pages, cacheBytes(OptionalInt.empty()) - cacheBytes(OptionalInt.of(5)));
        try (var least = InferenceSession.open(Family.LLAMA.config(200), Optional.empty(), size.withPages(4), device)) {
            assertEquals(4, least.generator().counts().pages());
        }
    }

    /** Of a plan for three lanes of 200 tokens. */
    private long cacheBytes(OptionalInt pages) {
        var plan = new MemoryPlan();
        var model = new Llama(Family.LLAMA.config(200), 200, device,
            new ModelPlan(plan, Capacity.inference(64, 3).withDecoding(), ModelPlan.Trained.NOTHING, Optional.empty(), DType.F32));
        new Generator(model, 64, 3, pages, plan).close();
        return plan.bytesByPurpose().get(MemoryPlan.Purpose.CACHE);
    }

    @Test
    void aStopConditionSeesTheCompletionSoFarAndEndsIt() {
        var free = greedy(new int[] {1, 2, 3}, 20);
        var request = new Generator.Request(SamplingParameters.greedy(), 20, Set.of(), (tokens, count) -> {
            assertArrayEquals(Arrays.copyOf(free.tokens(), count), Arrays.copyOf(tokens, count));
            return count == 6;
        });
        var stopped = session.generator().complete(List.of(new int[] {1, 2, 3}), request).getFirst();
        assertArrayEquals(Arrays.copyOf(free.tokens(), 6), stopped.tokens());
        assertEquals(Finish.STOP, stopped.finish());
    }

    @Test
    void aFailureInTheListenerLeavesNoPageInUse() {
        var request = new Generator.Request(SamplingParameters.greedy(), 20, Set.of());
        assertThrows(IllegalStateException.class, () -> session.generator().generate(List.of(Prompt.group(new int[] {1, 2}, 0, 5)), request,
            (prompt, completion, token) -> {
                throw new IllegalStateException("enough");
            }));
        assertEquals(0, session.generator().counts().pagesInUse());
        assertEquals(20, greedy(new int[] {1, 2}, 20).tokens().length);
    }

    @Test
    void noCompletionNeedsAToken() {
        var request = new Generator.Request(SamplingParameters.greedy(), 0, Set.of());
        var groups = session.generator().generate(List.of(Prompt.group(new int[] {1, 2}, 0, 3), Prompt.single(new int[] {4}, 0)), request);
        assertEquals(List.of(3, 1), groups.stream().map(List::size).toList());
    }

    @Test
    void morePromptsThanLanesWaitForTheirTurnAndComeBackInOrder() {
        var prompts = IntStream.range(1, 8).mapToObj(length -> IntStream.range(0, length).toArray()).toList();
        var request = new Generator.Request(SamplingParameters.greedy(), 6, Set.of(4, 9));
        var completions = session.generator().complete(prompts, request);
        for (int i = 0; i < prompts.size(); i++) {
            assertArrayEquals(greedy(prompts.get(i), 6, 4, 9).tokens(), completions.get(i).tokens(), "prompt " + i);
        }
        assertEquals(List.of(), session.generator().complete(List.of(), request));
    }

    @Test
    void aListenerHearsEveryTokenInOrder() {
        var heard = new ArrayList<List<Integer>>();
        var prompts = List.of(new int[] {1}, new int[] {2, 3}, new int[] {4});
        prompts.forEach(prompt -> heard.add(new ArrayList<>()));
        var completions = session.generator().complete(prompts, new Generator.Request(SamplingParameters.temperature(1, 5), 9, Set.of(0)),
            (prompt, _, token) -> {
                heard.get(prompt).add(token);
                return Generator.Verdict.GO_ON;
            });
        for (int i = 0; i < prompts.size(); i++) {
            assertEquals(Arrays.stream(completions.get(i).tokens()).boxed().toList(), heard.get(i));
        }
    }

    @ParameterizedTest
    @EnumSource
    void greedyTokensAreTheLargestLogitsOfAFullForwardPass(Family family) {
        try (var tiny = TinyModel.inference(family.config(), Optional.empty(), 64, 1);
                var own = InferenceSession.open(family.config(), Optional.empty(), 64, 1, device)) {
            TinyModel.randomize(own.model(), 7);
            var prompt = new int[] {5, 0, 60};
            var request = new Generator.Request(SamplingParameters.greedy(), 50, Set.of());
            var tokens = own.generator().complete(List.of(prompt), request).getFirst().tokens();
            var all = IntStream.concat(Arrays.stream(prompt), Arrays.stream(tokens)).toArray();
            var logits = tiny.logits(Batch.of(List.of(Batch.Sequence.allTrained(all, 0))));
            for (int t = 0; t < tokens.length; t++) {
                assertEquals(lowestLargest(logits[prompt.length - 1 + t]), tokens[t], "token " + t);
            }
        }
    }

    private static int lowestLargest(float[] row) {
        int best = 0;
        for (int v = 1; v < row.length; v++) {
            best = row[v] > row[best] ? v : best;
        }
        return best;
    }

    @Test
    void aRepetitionPenaltySeesThePromptAndWhatWasDrawn() {
        var prompt = IntStream.range(0, 30).toArray();
        var request = new Generator.Request(new SamplingParameters(0, 0, 1, 0, 1.5, 0), 30, Set.of());
        var tokens = session.generator().complete(List.of(new int[] {7}, prompt), request).get(1).tokens();
        var all = IntStream.concat(Arrays.stream(prompt), Arrays.stream(tokens)).toArray();
        try (var tiny = TinyModel.inference(Family.LLAMA.config(), Optional.empty(), 64, 1)) {
            tiny.randomize(3);
            var logits = tiny.logits(Batch.of(List.of(Batch.Sequence.allTrained(all, 0))));
            for (int t = prompt.length; t < all.length; t++) {
                var row = logits[t - 1];
                Arrays.stream(all, 0, t).distinct().forEach(seen -> row[seen] = row[seen] > 0 ? row[seen] / 1.5f : row[seen] * 1.5f);
                assertEquals(lowestLargest(row), all[t], "position " + t);
            }
        }
    }
}
