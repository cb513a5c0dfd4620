package dev.leeway.bench;

import dev.leeway.bench.Run.Depth;
import dev.leeway.bench.contest.DecodingContest;
import dev.leeway.bench.contest.TrainingContest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Runs all benchmarks, or some, and writes a JSON file and a report. */
@Command(name = "bench", mixinStandardHelpOptions = true, sortOptions = false, description = {
    "Measures Leeway, beside other software where that is installed (bench/peers/README.md). Run it from the repository's root.", "",
    "Parts: ops, phases, launch, startup, training, decoding, growth."})
public final class RunAll implements Callable<Integer> {

    private static final List<String> SMALL = List.of("toy");

    @Option(names = "--smoke", description = "everything once at the smallest shape: are the results right? No figures are kept, and no "
        + "other software takes part, unless --only names its part.")
    private boolean smoke;

    @Option(names = "--full", description = "all shapes, and how time and memory grow; default: the table of the README alone.")
    private boolean full;

    @Option(names = "--quick", description = "the default.")
    private boolean quick;

    @Option(names = "--only", paramLabel = "PART", description = "this part alone; may be repeated.")
    private List<String> only = List.of();

    @Option(names = "--threads", defaultValue = "0", description = "threads of every contestant; default: all processors.")
    private int threads;

    @Option(names = "--out", defaultValue = "bench/results",
        description = "folder of the JSON file and the report (default: ${DEFAULT-VALUE}).")
    private Path out;

    @Option(names = "--llama", defaultValue = "bench/peers/llama/lib",
        description = "folder of llama.cpp's libraries (default: ${DEFAULT-VALUE}).")
    private Path llama;

    private RunAll() {
    }

    /** A part of the run. */
    private interface Part {
        void add(Run run) throws Exception;
    }

    /** Exit code 0: every result was right. */
    public static void main(String[] arguments) {
        System.exit(new CommandLine(new RunAll()).execute(arguments));
    }

    @Override
    public Integer call() throws Exception {
        var parts = parts();
        var unknown = only.stream().filter(part -> !parts.containsKey(part)).toList();
        if (!unknown.isEmpty() || (smoke ? 1 : 0) + (quick ? 1 : 0) + (full ? 1 : 0) > 1) {
            System.err.println("--only takes " + String.join(", ", parts.keySet()) + "; of --smoke, --quick and --full one at the most");
            return 2;
        }
        var work = Files.createTempDirectory("leeway-bench");
        try {
            run(parts, work);
        } finally {
            try (var files = Files.walk(work)) {
                for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
        return 0;
    }

    private Depth depth() {
        return smoke ? Depth.SMOKE : full ? Depth.FULL : Depth.QUICK;
    }

    private void run(Map<String, Part> parts, Path work) throws Exception {
        var machine = Machine.here();
        int used = threads == 0 ? machine.processors() : threads;
        System.setProperty(dev.leeway.bench.ops.OpBenchmark.THREADS, "" + used);
        System.out.println(machine.processor() + ", " + used + " threads, commit " + machine.commit());
        var run = new Run(depth(), used, machine, Ceilings.measure(used), work,
            smoke && only.isEmpty() ? Optional.empty() : Optional.of(llama.toAbsolutePath()));
        if (!machine.hasBf16()) {
            run.leaveOut("all bf16 rows", "this processor has no AVX512-BF16, and an emulation is not worth measuring");
        }
        if (!run.hasPeers()) {
            run.leaveOut("other software", "--smoke is about our own results; --smoke --only training (or decoding) compares them");
        }
        for (var part : parts.entrySet()) {
            if (only.isEmpty() || only.contains(part.getKey())) {
                System.out.println(part.getKey());
                part.getValue().add(run);
            }
        }
        if (!smoke) {
            keep(run);
        }
        run.leftOut().forEach(line -> System.out.println("LEFT OUT  " + line));
        System.out.println(run.rows().size() + " rows, all results right");
    }

    private void keep(Run run) throws IOException {
        var date = LocalDate.now().toString();
        var name = "cpu-" + run.machine().slug() + "-" + date + only.stream().map(part -> "-" + part).collect(Collectors.joining());
        var command = "java -jar bench/target/lib/leeway-bench-0.1.0-SNAPSHOT.jar --" + depth().name().toLowerCase(Locale.ROOT)
            + only.stream().map(part -> " --only " + part).collect(Collectors.joining());
        Files.createDirectories(out);
        Results.write(run, command, date, out.resolve(name + ".json"));
        Report.write(run, command, date, out.resolve(name + ".html"));
        System.out.println("written: " + out.resolve(name + ".json") + " and .html");
    }

    private Map<String, Part> parts() {
        var parts = new LinkedHashMap<String, Part>();
        parts.put("ops", this::ops);
        parts.put("phases", run -> {
            JmhRuns.add(run, "bench.phases.TextBenchmark", SMALL);
            JmhRuns.add(run, "bench.phases.CheckpointBenchmark", full ? List.of("toy", "135M") : SMALL);
            JmhRuns.add(run, "bench.phases.(Training|Decoding)Benchmark", SMALL);
        });
        parts.put("launch", run -> JmhRuns.add(run, "bench.launch", SMALL));
        parts.put("startup", StartUp::add);
        parts.put("training", this::training);
        parts.put("decoding", this::decoding);
        parts.put("growth", run -> {
            if (run.depth() != Depth.QUICK) {
                Scaling.add(run);
            }
        });
        return parts;
    }

    /** All ops; quickly only products, and attention, whose share of the machine the table tells. */
    private void ops(Run run) throws Exception {
        switch (run.depth()) {
            case SMOKE -> JmhRuns.add(run, "bench.ops", SMALL);
            case QUICK -> JmhRuns.add(run, "bench.ops.(LinearBenchmark.(forward|backwardInput|backwardWeight|forwardPacked)$|Attention)",
                List.of("toy", "135M"));
            case FULL -> JmhRuns.add(run, "bench.ops", List.of("toy", "135M", "1B"));
        }
        JmhRuns.addProducts(run);
    }

    private void training(Run run) throws Exception {
        for (var type : run.types()) {
            TrainingContest.play(run, Shape.TOY, type);
        }
        if (!run.isSmoke() && run.types().contains("BF16")) {
            TrainingContest.play(run, Shape.SMALL, "BF16");
        }
    }

    private void decoding(Run run) throws Exception {
        var shape = run.isSmoke() ? Shape.TOY : Shape.SMALL;
        for (int lanes : run.isSmoke() ? new int[] {1, 8} : new int[] {1, 8, 64}) {
            DecodingContest.play(run, shape, run.types().getLast(), lanes);
        }
        if (run.isSmoke()) {
            DecodingContest.play(run, shape, "F32", 8);
        }
    }
}
