package dev.leeway.laws;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.ffi.DType;
import dev.leeway.model.Batch;
import dev.leeway.model.Family;
import dev.leeway.model.Llama;
import dev.leeway.model.TinyModel;
import dev.leeway.objective.Column;
import dev.leeway.objective.SupervisedFineTuning;
import dev.leeway.rollout.Completion;
import dev.leeway.rollout.Generator;
import dev.leeway.rollout.InferenceSession;
import dev.leeway.rollout.SamplingParameters;
import dev.leeway.tensor.TestDevice;
import dev.leeway.train.AdamW;
import dev.leeway.train.Schedule;
import dev.leeway.train.TrainingSession;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What was drawn is what is trained, in the same bits, and who is drawn beside whom changes nothing. */
final class RolloutTest {

    private static final int POSITIONS = 150;

    /** Prompts below, at and above a page of 64 keys. */
    private static List<int[]> prompts() {
        var random = new Random(6);
        return IntStream.of(1, 5, 63, 64, 65, 130, 2).mapToObj(length -> random.ints(length, 0, Family.VOCABULARY).toArray()).toList();
    }

    private static List<Completion> generate(Rollouts rollouts, double temperature) {
        return rollouts.generator().complete(prompts(), new Generator.Request(SamplingParameters.temperature(temperature, 11), 40,
            Set.of(3, 17, 22, 40)));
    }

    private static int[] joined(int[] prompt, int[] completion) {
        return IntStream.concat(Arrays.stream(prompt), Arrays.stream(completion)).toArray();
    }

    private static void requireTheSamplersLogProbs(Family family, DType dtype, double temperature) {
        try (var rollouts = Rollouts.open(family.config(POSITIONS), dtype, 3, 64)) {
            var completions = generate(rollouts, temperature);
            var sequences = new ArrayList<Batch.Sequence>();
            for (int i = 0; i < completions.size(); i++) {
                sequences.add(Batch.Sequence.allTrained(joined(prompts().get(i), completions.get(i).tokens()), i));
            }
            rollouts.model().setTemperature(temperature);
            var batch = Batch.of(sequences);
            var scores = rollouts.model().score(batch, Set.of(Column.LOG_PROB, Column.ENTROPY));
            for (int i = 0; i < completions.size(); i++) {
                int first = batch.sequenceStarts()[i] + prompts().get(i).length - 1;
                var drawn = completions.get(i);
                for (int t = 0; t < drawn.tokens().length; t++) {
                    assertEquals(drawn.logProbs()[t], (float) scores.logProb()[first + t], "prompt " + i + ", token " + t);
                    assertEquals(drawn.entropies()[t], (float) scores.column(Column.ENTROPY)[first + t], "prompt " + i + ", token " + t);
                }
            }
        }
    }

    @Tag("device")
    @ParameterizedTest
    @EnumSource
    void theSamplersLogProbIsTheOneThatTrainingSees(Family family) {
        requireTheSamplersLogProbs(family, DType.F32, 1);
        requireTheSamplersLogProbs(family, DType.F32, 0.7);
    }

    @Tag("device")
    @ParameterizedTest
    @EnumSource
    void inBfloat16TooTheSamplersLogProbIsTheOneThatTrainingSees(Family family) {
        requireTheSamplersLogProbs(family, DType.BF16, 1);
        requireTheSamplersLogProbs(family, DType.BF16, 0.7);
    }

    @ParameterizedTest
    @EnumSource(names = {"LLAMA", "GEMMA3"})
    void completionsDependNeitherOnLanesNorOnHowPromptsAreCut(Family family) {
        List<Completion> expected;
        try (var rollouts = Rollouts.open(family.config(POSITIONS), DType.F32, 1, 200)) {
            expected = generate(rollouts, 1);
        }
        assertTrue(expected.stream().anyMatch(completion -> completion.finish() == Completion.Finish.STOP));
        assertTrue(expected.stream().anyMatch(completion -> completion.finish() == Completion.Finish.LENGTH));
        for (int lanes : new int[] {2, 3, 7, 9}) {
            for (int rows : new int[] {1, 10, 64, 200}) {
                try (var rollouts = Rollouts.open(family.config(POSITIONS), DType.F32, lanes, rows)) {
                    Rollouts.requireSame(expected, generate(rollouts, 1), lanes + " lanes, " + rows + " rows");
                }
            }
        }
    }

    @Test
    void completionsInBfloat16DependNeitherOnLanesNorOnHowPromptsAreCut() {
        List<Completion> expected;
        try (var rollouts = Rollouts.open(Family.GEMMA3.config(POSITIONS), DType.BF16, 1, 200)) {
            expected = generate(rollouts, 1);
        }
        for (int lanes : new int[] {3, 9}) {
            for (int rows : new int[] {1, 10, 200}) {
                try (var rollouts = Rollouts.open(Family.GEMMA3.config(POSITIONS), DType.BF16, lanes, rows)) {
                    Rollouts.requireSame(expected, generate(rollouts, 1), lanes + " lanes, " + rows + " rows");
                }
            }
        }
    }

    @Test
    void generatingAgainGivesTheSameAndAnotherSeedSomethingElse() {
        try (var rollouts = Rollouts.open(Family.QWEN3.config(POSITIONS), DType.F32, 3, 64)) {
            var first = generate(rollouts, 1);
            Rollouts.requireSame(first, generate(rollouts, 1), "again");
            var other = rollouts.generator().complete(prompts(),
                new Generator.Request(SamplingParameters.temperature(1, 12), 40, Set.of(3, 17, 22, 40)));
            assertTrue(IntStream.range(0, first.size()).anyMatch(i -> !Arrays.equals(first.get(i).tokens(), other.get(i).tokens())));
        }
    }

    @Tag("device")
    @Test
    void generationSeesTheWeightsAsTheyAreAfterEveryStep() {
        var settings = new TrainingSession.Settings(Optional.empty(), 64, 64, 4, AdamW.Settings.standard(), 2);
        var request = new Generator.Request(SamplingParameters.temperature(1, 11), 30, Set.of());
        var batch = Batch.of(TinyModel.sequences(Family.VOCABULARY, 3, 30, 20));
        try (var device = TestDevice.open(2); var session = TrainingSession.open(Family.QWEN2.config(), settings, device)) {
            TinyModel.randomize(session.model(), 1);
            var schedule = new Schedule(Schedule.Kind.CONSTANT, 0, 2, 0);
            for (int round = 0; round < 3; round++) {
                session.trainer(new SupervisedFineTuning(), schedule, 1e-2).train(Small.repeating(List.of(batch)), report -> { });
                var trained = session.generator().complete(prompts().subList(0, 2), request);
                Rollouts.requireSame(generatedAnew(session.model(), request), trained, "round " + round);
            }
        }
    }

    /** What a model that was never anything else says with these weights. */
    private static List<Completion> generatedAnew(Llama trained, Generator.Request request) {
        var device = trained.device();
        try (var fresh = InferenceSession.open(trained.config(), Optional.empty(), 64, 3, device)) {
            for (int i = 0; i < trained.parameters().size(); i++) {
                device.copy(trained.parameters().get(i).value(), fresh.model().parameters().get(i).value());
            }
            return fresh.generator().complete(prompts().subList(0, 2), request);
        }
    }
}
