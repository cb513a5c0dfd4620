package dev.leeway.bench.phases;

import dev.leeway.bench.Shape;
import dev.leeway.bench.ops.OpBenchmark;
import dev.leeway.bench.ops.Work;
import dev.leeway.ffi.DType;
import dev.leeway.model.Initializer;
import dev.leeway.rollout.Completion;
import dev.leeway.rollout.Generator;
import dev.leeway.rollout.InferenceSession;
import dev.leeway.rollout.SamplingParameters;
import dev.leeway.tensor.Device;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** Generation as a user gets it: weights packed, prompts of 16 tokens read, 16 tokens drawn in each lane. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class DecodingBenchmark {

    private static final int LENGTH = 16;

    /** Name of a {@link Shape}. */
    @Param({"toy", "135M"})
    public String shape;

    /** Number type of weights, activations and cache. */
    @Param({"F32", "BF16"})
    public DType dtype;

    /** Sequences at once. */
    @Param({"1", "8", "64"})
    public int lanes;

    private final Generator.Request request = new Generator.Request(SamplingParameters.greedy(), LENGTH, Set.of());
    private final List<int[]> prompts = new ArrayList<>();
    private Device device;
    private InferenceSession session;

    /** A model at random weights; what a sequence becomes beside others must be what it becomes alone. */
    @Setup
    public void open(Work work) {
        var size = Shape.named(shape);
        device = Device.open("cpu", Integer.getInteger(OpBenchmark.THREADS, 0));
        session = InferenceSession.open(size.config(2 * LENGTH + 1), Optional.empty(), new InferenceSession.Size(2 * LENGTH + 1, lanes,
            lanes * LENGTH), dtype, device);
        new Initializer(0, 0.02).fillBase(session.model());
        var random = new SplittableRandom(1);
        for (int lane = 0; lane < lanes; lane++) {
            prompts.add(random.ints(LENGTH, 0, size.vocabulary()).toArray());
        }
        work.set(size.trainingFlopsPerToken(LENGTH) / 3 * 2 * LENGTH * lanes, 0);
        var together = generate().getLast().tokens();
        var alone = session.generator().complete(List.of(prompts.getLast()), request).getFirst().tokens();
        if (together.length != LENGTH || !Arrays.equals(together, alone)) {
            throw new IllegalStateException("a sequence became " + Arrays.toString(together) + " among " + lanes + ", "
                + Arrays.toString(alone) + " alone");
        }
    }

    @TearDown
    public void close() {
        session.close();
        device.close();
    }

    @Benchmark
    public List<Completion> generate() {
        return session.generator().complete(prompts, request);
    }
}
