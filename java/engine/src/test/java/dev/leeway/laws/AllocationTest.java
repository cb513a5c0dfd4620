package dev.leeway.laws;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import dev.leeway.ffi.DType;
import dev.leeway.io.AdapterConfig;
import dev.leeway.model.Batch;
import dev.leeway.model.Family;
import dev.leeway.model.Initializer;
import dev.leeway.model.TinyModel;
import dev.leeway.model.TrainingNoise;
import dev.leeway.objective.DirectPreference;
import dev.leeway.objective.PairLoss;
import dev.leeway.objective.SupervisedFineTuning;
import dev.leeway.rollout.Generator;
import dev.leeway.rollout.InferenceSession;
import dev.leeway.rollout.SamplingParameters;
import dev.leeway.tensor.Device;
import dev.leeway.train.AdamW;
import dev.leeway.train.BatchSource;
import dev.leeway.train.Method;
import dev.leeway.train.Reference;
import dev.leeway.train.ReferenceLogProbs;
import dev.leeway.train.Schedule;
import dev.leeway.train.TrainingSession;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A token costs no object: the thread that trains allocates for a step what it does for any other step, and the thread that generates
 * allocates nothing between the first tokens and the last ones. Every object has at least 16 bytes, so one for each token would show.
 */
final class AllocationTest {

    private static final ThreadMXBean THREAD = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    /** In these steps and tokens classes are loaded and call sites linked. */
    private static final int WARM_UP = 12;
    private static final int STEPS = 8;
    private static final int TOKENS = 20;
    private static final int LONGEST = 64;
    private static final int SEQUENCES = 32;

    /** Report, denominators, noise, placements and iterators of a step: 20 to 60 objects of 16 to 88 bytes; below one byte a token. */
    private static final long MOST_A_STEP = SEQUENCES * LONGEST;
    /** Two answers and a loss with its derivatives: some 20 records of 24 to 48 bytes, unless the compiler saw that they stay inside. */
    private static final long MOST_A_PAIR = 1024;
    /** What may differ between steps of different sizes: 27 unit ids of 8 bytes, and what was compiled in between. */
    private static final long MOST_DIFFERENCE = 512;

    /** What is trained, and how. */
    private enum Kind {
        FULL(DType.F32, Optional.empty(), 0),
        FULL_BF16(DType.BF16, Optional.empty(), 0),
        LORA(DType.F32, Small.lora(4), 0),
        LORA_WITH_DROPOUT_IN_BF16(DType.BF16, Small.lora(4).map(Kind::dropping), 0),
        LORA_EVERYWHERE_WITH_NOISE(DType.F32, Small.everywhere(), 5);

        private final DType dtype;
        private final Optional<AdapterConfig> adapter;
        private final double noise;

        Kind(DType dtype, Optional<AdapterConfig> adapter, double noise) {
            this.dtype = dtype;
            this.adapter = adapter;
            this.noise = noise;
        }

        private static AdapterConfig dropping(AdapterConfig plain) {
            return new AdapterConfig(plain.scale(), plain.targetModules(), 0.1, List.of(), plain.taskType(), "");
        }

        TrainingSession open(Family family, Device device) {
            var settings = new TrainingSession.Settings(adapter, LONGEST, SEQUENCES * LONGEST, SEQUENCES, AdamW.Settings.standard(), 0)
                .withDtype(dtype);
            var session = TrainingSession.open(family.config(), this == FULL_BF16 ? settings.withGradientCheckpointing() : settings,
                device);
            new Initializer(0, 0.1).fillBase(session.model());
            new Initializer(1, 0.1).fillAdapter(session.model());
            return session;
        }
    }

    /** Steps of different sizes by turns, and what was allocated before each. */
    private static final class Steps implements BatchSource {
        private final List<List<Batch>> steps;
        private final long[] before = new long[WARM_UP + 2 * STEPS + 1];

        Steps(List<List<Batch>> steps) {
            this.steps = steps;
        }

        @Override
        public List<Batch> step(int step) {
            before[step] = THREAD.getCurrentThreadAllocatedBytes();
            return steps.get(step % steps.size());
        }

        @Override
        public double epochs(int steps) {
            return steps;
        }

        /** Bytes of the steps of one kind: the median. */
        long median(int kind) {
            return AllocationTest.median(IntStream.range(WARM_UP, before.length - 1).filter(step -> step % steps.size() == kind)
                .mapToLong(step -> before[step + 1] - before[step]));
        }
    }

    @ParameterizedTest
    @EnumSource
    void aTrainingStepAllocatesTheSameForAnyNumberOfTokens(Kind kind) {
        for (var family : List.of(Family.LLAMA_WITH_BIASES, Family.QWEN3, Family.GEMMA2)) {
            try (var device = Device.open("cpu", 1); var session = kind.open(family, device)) {
                int vocabulary = session.model().config().vocabSize();
                var large = List.of(Batch.of(Small.ofLength(vocabulary, SEQUENCES, LONGEST)));
                var small = List.of(Batch.of(Small.ofLength(vocabulary, 5, 17)));
                var steps = new Steps(List.of(large, small));
                var schedule = new Schedule(Schedule.Kind.CONSTANT, 0, WARM_UP + 2 * STEPS + 1, 0);
                session.trainer(new SupervisedFineTuning(0.1, 1e-4), schedule, 1e-4, new TrainingNoise(3, 0, kind.noise))
                    .train(steps, report -> { });
                long most = steps.median(0);
                assertTrue(most < MOST_A_STEP, () -> family + ": a step of 2048 tokens allocates " + most + " B");
                assertTrue(most - steps.median(1) < MOST_DIFFERENCE,
                    () -> family + ": a step of 2048 tokens allocates " + most + " B, one of 85 " + steps.median(1));
            }
        }
    }

    /**
     * Of preferences too, whatever their reference is: beside a step's, the metrics of each micro-batch, and for each of the 16 pairs what
     * the loss writes down of it in records.
     */
    @Test
    void aStepFromPreferencesAllocatesTheSameForAnyNumberOfTokens() {
        try (var device = Device.open("cpu", 1); var session = Kind.LORA_WITH_DROPOUT_IN_BF16.open(Family.LLAMA, device)) {
            var large = List.of(pairs(LONGEST, 0));
            var small = List.of(pairs(5, 50));
            var off = Reference.adapterOff(session.model());
            var before = ReferenceLogProbs.compute(off, 1, List.of(large.getFirst(), small.getFirst()));
            for (var reference : List.of(off, before)) {
                var steps = new Steps(List.of(large, small));
                var method = Method.of(new DirectPreference(PairLoss.SIGMOID, DirectPreference.Settings.of(0.1))).withReference(reference);
                session.trainer(method, new Schedule(Schedule.Kind.CONSTANT, 0, WARM_UP + 2 * STEPS + 1, 0), 1e-4, new TrainingNoise(3, 0))
                    .train(steps, report -> { });
                long most = steps.median(0);
                assertTrue(most < MOST_A_STEP + MOST_A_PAIR * SEQUENCES / 2, () -> "a step of 2048 tokens allocates " + most + " B");
                assertTrue(Math.abs(most - steps.median(1)) < MOST_DIFFERENCE,
                    () -> "a step of 2048 tokens allocates " + most + " B, one of 160 " + steps.median(1));
            }
        }
    }

    private static Batch pairs(int length, long firstUnit) {
        return Batch.of(TinyModel.pairs(Family.VOCABULARY, 1, firstUnit, IntStream.range(0, SEQUENCES).map(s -> length).toArray()));
    }

    /** Not the mean: where the virtual machine throws compiled code away, objects that it had avoided appear once. */
    private static long median(LongStream bytes) {
        var sorted = bytes.sorted().toArray();
        return sorted[sorted.length / 2];
    }

    private static List<int[]> prompts(int count, int vocabulary) {
        return Small.ofLength(vocabulary, count, 4).stream().map(Batch.Sequence::tokens).toList();
    }

    @ParameterizedTest
    @EnumSource
    void aDecodedTokenAllocatesNothing(Family family) {
        var penalised = new SamplingParameters(0.8, 20, 0.9, 0.01, 1.1, 5);
        for (int lanes : new int[] {1, 8, 64}) {
            for (var sampling : List.of(SamplingParameters.greedy(), penalised)) {
                assertEquals(0, bytesAStepOf(family, lanes, sampling), family + ", " + lanes + " lanes, " + sampling);
            }
        }
    }

    /** Bytes between two tokens of the last lane: of one token in each lane. */
    private static long bytesAStepOf(Family family, int lanes, SamplingParameters sampling) {
        try (var device = Device.open("cpu", 1);
                var session = InferenceSession.open(family.config(), Optional.empty(), new InferenceSession.Size(LONGEST, lanes, 4 * lanes),
                    device)) {
            new Initializer(0, 0.1).fillBase(session.model());
            var marks = new long[WARM_UP + TOKENS + 1];
            var drawn = new int[lanes];
            session.generator().complete(prompts(lanes, session.model().config().vocabSize()),
                new Generator.Request(sampling, marks.length + 5, Set.of(1_000_000)), (prompt, _, _) -> {
                    if (prompt == lanes - 1 && drawn[prompt] < marks.length) {
                        marks[drawn[prompt]] = THREAD.getCurrentThreadAllocatedBytes();
                    }
                    drawn[prompt]++;
                    return Generator.Verdict.GO_ON;
                });
            return median(IntStream.range(WARM_UP, marks.length - 1).mapToLong(token -> marks[token + 1] - marks[token]));
        }
    }
}
