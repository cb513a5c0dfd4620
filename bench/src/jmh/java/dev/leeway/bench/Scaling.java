package dev.leeway.bench;

import dev.leeway.bench.phases.TrainingStep;
import dev.leeway.ffi.DType;
import dev.leeway.io.JsonFile;
import dev.leeway.model.ConfigReader;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.function.IntFunction;

/**
 * How time and memory of a training step grow with the sequence length, the batch, the vocabulary and the depth of the toy shape, all else
 * fixed. The exponent is the slope of a straight line through the points' logarithms: 1 is linear, 2 quadratic.
 */
final class Scaling {

    private static final int[] LENGTHS = {256, 512, 1024, 2048, 4096, 8192};
    private static final int[] BATCHES = {1, 2, 4, 8, 16};
    private static final int[] VOCABULARIES = {1024, 4096, 16384, 65536};
    private static final int[] DEPTHS = {1, 2, 4, 8, 16};
    private static final int STEPS = 5;
    private static final int SMOKE_POINTS = 2;

    /** A toy model with one size changed. */
    private record Point(int length, int batch, int vocabulary, int layers) {
        TrainingStep.Task task() {
            var config = JsonFile.parse("config.json", Shape.TOY.json(length));
            config.node().put("vocab_size", vocabulary).put("num_hidden_layers", layers);
            return new TrainingStep.Task(ConfigReader.read(config), length, batch, DType.F32, false);
        }
    }

    private Scaling() {
    }

    static void add(Run run) {
        int vocabulary = Shape.TOY.vocabulary();
        int layers = Shape.TOY.layers();
        curve(run, "sequence length", LENGTHS, n -> new Point(n, 1, vocabulary, layers));
        curve(run, "batch", BATCHES, n -> new Point(Shape.LENGTH, n, vocabulary, layers));
        curve(run, "vocabulary", VOCABULARIES, n -> new Point(Shape.LENGTH, 2, n, layers));
        curve(run, "depth", DEPTHS, n -> new Point(Shape.LENGTH, 2, vocabulary, n));
    }

    private static void curve(Run run, String name, int[] sizes, IntFunction<Point> at) {
        var times = new LinkedHashMap<String, Double>();
        var memory = new LinkedHashMap<String, Double>();
        int points = run.isSmoke() ? SMOKE_POINTS : sizes.length;
        for (int i = 0; i < points; i++) {
            try (var training = new TrainingStep(at.apply(sizes[i]).task(), run.threads())) {
                times.put("" + sizes[i], seconds(training, run.isSmoke() ? 1 : STEPS));
                memory.put("" + sizes[i], (double) training.bytes());
            }
        }
        for (var curve : List.of(new Curve("time", "s", times), new Curve("memory", "B", memory))) {
            run.add(Row.of(String.format(Locale.ROOT, "growth of %s with %s", curve.of(), name), curve.unit(),
                List.copyOf(curve.points().values())).with("curve", curve.points()).with("exponent", exponent(curve.points())));
        }
    }

    private record Curve(String of, String unit, LinkedHashMap<String, Double> points) {
    }

    private static double seconds(TrainingStep training, int steps) {
        double before = training.step();
        var seconds = new ArrayList<Double>();
        for (int i = 0; i < steps; i++) {
            long begin = System.nanoTime();
            double loss = training.step();
            seconds.add((System.nanoTime() - begin) * 1e-9);
            if (!(loss < before)) {
                throw new IllegalStateException("the loss went from " + before + " to " + loss + " on the same tokens");
            }
            before = loss;
        }
        return Row.median(seconds);
    }

    /** The slope of the least-squares line through (ln size, ln value). */
    private static double exponent(LinkedHashMap<String, Double> points) {
        double n = points.size();
        double meanX = points.keySet().stream().mapToDouble(size -> Math.log(Double.parseDouble(size))).sum() / n;
        double meanY = points.values().stream().mapToDouble(Math::log).sum() / n;
        double xy = 0;
        double xx = 0;
        for (var point : points.entrySet()) {
            double x = Math.log(Double.parseDouble(point.getKey())) - meanX;
            xy += x * (Math.log(point.getValue()) - meanY);
            xx += x * x;
        }
        return xy / xx;
    }
}
