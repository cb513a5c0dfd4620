package dev.leeway.bench.phases;

import dev.leeway.bench.Shape;
import dev.leeway.bench.ops.OpBenchmark;
import dev.leeway.bench.ops.Work;
import dev.leeway.ffi.DType;
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
import org.openjdk.jmh.infra.BenchmarkParams;

/** A training step and its parts: the forward pass with head and objective, all of it with the way back, the optimiser. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class TrainingBenchmark {

    /** Name of a {@link Shape}. */
    @Param({"toy", "135M"})
    public String shape;

    /** Number type of weights and activations. */
    @Param({"F32", "BF16"})
    public DType dtype;

    /** {@code full} or {@code lora}. */
    @Param({"full", "lora"})
    public String trained;

    private TrainingStep training;

    /** The first step must see a loss near ln V, as random weights have it, and the second one a smaller one. */
    @Setup
    public void open(BenchmarkParams benchmark, Work work) {
        var size = Shape.named(shape);
        training = new TrainingStep(new TrainingStep.Task(size.config(Shape.LENGTH), Shape.LENGTH, size.batch(), dtype,
            trained.equals("lora")), Integer.getInteger(OpBenchmark.THREADS, 0));
        double flops = size.trainingFlopsPerToken(Shape.LENGTH) * size.tokens();
        if (benchmark.getBenchmark().endsWith("headAndObjective")) {
            work.set(flops / 3, 0);
        } else if (benchmark.getBenchmark().endsWith("step")) {
            work.set(flops * (trained.equals("lora") ? 2.0 / 3 : 1), 0);
        }
        double first = training.step();
        double second = training.step();
        if (!(Math.abs(first - Math.log(size.vocabulary())) < 0.2 && second < first)) {
            throw new IllegalStateException("losses %.4f, %.4f; about %.4f and then less was expected".formatted(first, second,
                Math.log(size.vocabulary())));
        }
    }

    @TearDown
    public void close() {
        training.close();
    }

    @Benchmark
    public double headAndObjective() {
        return training.weigh().loss();
    }

    @Benchmark
    public double step() {
        return training.step();
    }

    @Benchmark
    public void optimize() {
        training.optimize();
    }
}
