package dev.leeway.bench;

import dev.leeway.bench.contest.Processes;
import dev.leeway.bench.launch.Libraries;
import dev.leeway.bench.ops.OpBenchmark;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.results.IterationResult;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/** JMH's benchmarks as rows: times, and rates with their share of what the roofline allows. */
final class JmhRuns {

    private static final int ITERATIONS = 7;

    private JmhRuns() {
    }

    /** Runs what a regular expression names, at some shapes. */
    static void add(Run run, String include, List<String> shapes) throws RunnerException {
        var options = new OptionsBuilder().include(include).param("shape", shapes.toArray(String[]::new)).shouldFailOnError(true)
            .param("dtype", run.types().toArray(String[]::new));
        for (var result : new Runner(timed(run, options).build()).run()) {
            run.add(row(run, result));
        }
    }

    /** How near the products of linear layers come to the peak, over all shapes and the three layouts: geometric mean and lowest. */
    static void addProducts(Run run) {
        for (var type : run.types()) {
            var shares = run.rows().stream()
                .filter(row -> row.name().startsWith("Linear ") && !row.name().contains("Lora") && row.name().contains(type))
                .map(row -> row.number("share_of_peak").orElseThrow()).toList();
            if (!shares.isEmpty()) {
                double logarithms = shares.stream().mapToDouble(Math::log).sum();
                run.add(Row.of("products " + type.toLowerCase(Locale.ROOT) + ", share of the FMA peak, geometric mean", "",
                    List.of(Math.exp(logarithms / shares.size()))).with("lowest", shares.stream().min(Double::compare).orElseThrow())
                    .with("products", shares.size()));
            }
        }
    }

    private static ChainedOptionsBuilder timed(Run run, ChainedOptionsBuilder options) {
        var arguments = new ArrayList<>(List.of("--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow", "-Xmx4g",
            "-D" + OpBenchmark.THREADS + "=" + run.threads(), "-D" + Libraries.FOLDER + "=" + Libraries.folder()));
        arguments.addAll(Processes.properties());
        if (run.isSmoke()) {
            return options.forks(0).mode(Mode.SingleShotTime).warmupIterations(0).measurementIterations(1).verbosity(VerboseMode.SILENT);
        }
        return options.forks(1).warmupIterations(1).warmupTime(TimeValue.milliseconds(100)).measurementIterations(ITERATIONS)
            .measurementTime(TimeValue.milliseconds(60)).jvmArgs(arguments.toArray(String[]::new)).verbosity(VerboseMode.SILENT);
    }

    private static Row row(Run run, RunResult result) {
        var parameters = result.getParams();
        var keys = new ArrayList<>(parameters.getParamsKeys());
        var name = parameters.getBenchmark().replaceAll("^.*\\.(\\w+?)(Benchmark)?\\.(\\w+)$", "$1 $3");
        var suffix = keys.stream().map(parameters::getParam).collect(Collectors.joining(" "));
        var nanos = iterations(result);
        var row = Row.of(suffix.isEmpty() ? name : name + ", " + suffix, "ns", nanos).with("benchmark", parameters.getBenchmark());
        if (!result.getSecondaryResults().containsKey("flops")) {
            return row;
        }
        double flops = result.getSecondaryResults().get("flops").getStatistics().getMax();
        double bytes = result.getSecondaryResults().get("bytes").getStatistics().getMax();
        double seconds = row.median() * 1e-9;
        row = row.with("flops", flops).with("bytes", bytes).with("gflops_per_second", flops / seconds * 1e-9)
            .with("gigabytes_per_second", bytes / seconds * 1e-9);
        boolean bf16 = keys.contains("dtype") && parameters.getParam("dtype").equals("BF16");
        if (flops > 0) {
            row = row.with("share_of_peak", shareOfPeak(result, flops));
        }
        return bytes == 0 ? row
            : row.with("share_of_roofline", (flops > 0 ? flops : bytes) / seconds / run.ceilings().attainable(bf16, flops, bytes));
    }

    private static List<Double> iterations(RunResult result) {
        return iterationResults(result).map(iteration -> iteration.getPrimaryResult().getScore()).toList();
    }

    /** The median over the iterations of rate / the peak that was measured around each. */
    private static double shareOfPeak(RunResult result, double flops) {
        return Row.median(iterationResults(result).map(iteration -> flops / (iteration.getPrimaryResult().getScore() * 1e-9)
            / iteration.getSecondaryResults().get("peak").getScore()).toList());
    }

    private static Stream<IterationResult> iterationResults(RunResult result) {
        return result.getBenchmarkResults().stream().flatMap(benchmark -> benchmark.getIterationResults().stream());
    }
}
