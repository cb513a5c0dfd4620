package dev.leeway.bench;

import dev.leeway.bench.contest.Processes;
import dev.leeway.cli.Main;
import dev.leeway.io.JsonFile;
import dev.leeway.io.Sha256;
import dev.leeway.study.Declaration;
import dev.leeway.study.Studies;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.node.ObjectNode;

/** Carries out studies one behind the other, each in a process of its own, and records how long they took and what they found. */
@Command(name = "studies", mixinStandardHelpOptions = true, sortOptions = false, description = "Carries out studies and writes "
    + "studies-MODEL-DATE-SCALE.json: seconds, processor seconds, contrasts. Run it from the repository's root.")
public final class RunStudies implements Callable<Integer> {

    /** Clock ticks of a second in {@code /proc/self/stat}: what Linux shows to programs, on every machine. */
    private static final double TICKS = 100;
    private static final int WAITED_USER = 13;
    private static final List<String> SCALES = List.of("smoke", "toy");
    private static final List<String> KEPT = List.of("name", "role", "estimate", "interval", "values", "items", "over", "p", "p_adjusted",
        "significant", "sealed", "published");

    @Parameters(paramLabel = "NAME", arity = "0..*", description = "studies; default: all.")
    private List<String> names = List.of();

    @Option(names = "--scale", defaultValue = "toy", description = "smoke or toy (default: ${DEFAULT-VALUE}).")
    private String scale;

    @Option(names = "--out", defaultValue = "bench/results", description = "folder of the record (default: ${DEFAULT-VALUE}).")
    private Path out;

    @Option(names = "--keep", paramLabel = "DIR",
        description = "folder in which the studies stay, each under its name; default: none stays.")
    private Path keep;

    private RunStudies() {
    }

    /** Exit code 0: every study came to its end. */
    public static void main(String[] arguments) {
        System.exit(new CommandLine(new RunStudies()).execute(arguments));
    }

    @Override
    public Integer call() throws Exception {
        var all = Studies.all().stream().map(Declaration::name).toList();
        var chosen = names.isEmpty() ? all : names;
        var taken = chosen.stream().filter(name -> keep != null && Files.exists(keep.resolve(name))).toList();
        if (!all.containsAll(chosen) || !SCALES.contains(scale) || !taken.isEmpty()) {
            System.err.println("studies are " + String.join(", ", all) + "; --scale is one of " + String.join(", ", SCALES)
                + "; --keep names a folder without them, for one that goes on would be timed as a whole");
            return 2;
        }
        var machine = Machine.here();
        var date = LocalDate.now().toString();
        var record = JsonFile.newObject().put("device", machine.processor()).put("processors", machine.processors())
            .put("java", machine.java()).put("commit", machine.commit()).put("date", date)
            .put("command", ("bench/studies.sh --scale " + scale + " " + String.join(" ", names)).strip());
        var studies = record.putArray("studies");
        var folder = keep == null ? Files.createTempDirectory("leeway-studies") : keep;
        var file = out.resolve("studies-" + machine.slug() + "-" + date + "-" + scale
            + names.stream().map(name -> "-" + name).collect(Collectors.joining()) + ".json");
        Files.createDirectories(out);
        try {
            for (var name : chosen) {
                studies.add(carryOut(name, folder.resolve(name)));
                JsonFile.write(file, record); // what was carried out is not lost with the next one
            }
        } finally {
            if (keep == null) {
                delete(folder);
            }
        }
        System.out.println("written: " + file);
        return 0;
    }

    private ObjectNode carryOut(String name, Path folder) throws IOException, InterruptedException {
        double processor = childrensSeconds();
        long began = System.nanoTime();
        var command = Processes.java(Main.class.getName(), "study", "run", name, "--scale", scale, "--output_dir", folder);
        int status = new ProcessBuilder(command).inheritIO().start().waitFor();
        double seconds = (System.nanoTime() - began) * 1e-9;
        if (status != 0) {
            throw new IllegalStateException("study " + name + " ended with exit code " + status);
        }
        var results = JsonFile.read(folder.resolve("results.json"));
        var json = JsonFile.newObject().put("study", name).put("seconds", seconds)
            .put("processor_seconds", childrensSeconds() - processor).put("load_average", loadAverage())
            .put("seal", results.requireObject("seal").requireString("sha256"))
            .put("results_sha256", Sha256.ofFile(folder.resolve("results.json")));
        var contrasts = json.putArray("contrasts");
        results.requireObjects("contrasts").forEach(contrast -> {
            var one = contrasts.addObject();
            KEPT.stream().filter(key -> contrast.node().has(key)).forEach(key -> one.set(key, contrast.node().get(key)));
        });
        System.out.printf(Locale.ROOT, "%s: %.0f s, %.0f s of processor time%n", name, seconds,
            json.get("processor_seconds").doubleValue());
        return json;
    }

    /** Processor time of processes that ended, as the kernel counts it behind the name in parentheses, which may have blanks. */
    private static double childrensSeconds() throws IOException {
        var line = Files.readString(Path.of("/proc/self/stat"));
        var fields = line.substring(line.lastIndexOf(')') + 2).split(" ");
        return (Long.parseLong(fields[WAITED_USER]) + Long.parseLong(fields[WAITED_USER + 1])) / TICKS;
    }

    /** Of the last minute: above the number of processors something else ran too. */
    private static double loadAverage() throws IOException {
        return Double.parseDouble(Files.readString(Path.of("/proc/loadavg")).split(" ")[0]);
    }

    private static void delete(Path folder) throws IOException {
        try (var files = Files.walk(folder)) {
            for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
