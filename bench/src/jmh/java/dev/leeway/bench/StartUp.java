package dev.leeway.bench;

import dev.leeway.bench.contest.FirstLoss;
import dev.leeway.bench.contest.Processes;
import dev.leeway.io.JsonFile;
import dev.leeway.model.Initializer;
import dev.leeway.model.ModelDirectory;
import dev.leeway.rollout.InferenceSession;
import dev.leeway.tensor.Device;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** From the start of a process: to the last line of {@code leeway --help}, and to the first loss of a model that lies on the disk. */
final class StartUp {

    private static final int RUNS = 7;

    private StartUp() {
    }

    static void add(Run run) throws IOException, InterruptedException {
        if (Files.isExecutable(Path.of("leeway"))) {
            time(run, "start-up: ./leeway --help", List.of("./leeway", "--help"), "Commands:");
        } else {
            run.leaveOut("start-up: ./leeway --help", "no launcher in this folder; run from the repository's root");
        }
        var shape = run.isSmoke() ? Shape.TOY : Shape.SMALL;
        var model = run.work().resolve("model-" + shape.label());
        save(shape, model);
        time(run, "start-up: first loss, " + shape.label(), Processes.java(FirstLoss.class.getName(), model, run.threads()), "loss ");
    }

    private static void time(Run run, String name, List<String> command, String expected) throws IOException, InterruptedException {
        var seconds = new ArrayList<Double>();
        for (int i = 0; i < (run.isSmoke() ? 1 : RUNS + 1); i++) {
            long begin = System.nanoTime();
            var process = new ProcessBuilder(command).redirectErrorStream(true).start();
            var text = new String(process.getInputStream().readAllBytes());
            int status = process.waitFor();
            seconds.add((System.nanoTime() - begin) * 1e-9);
            if (status != 0 || !text.contains(expected)) {
                throw new IllegalStateException(String.join(" ", command) + " ended with " + status + " and said: " + text);
            }
        }
        run.add(Row.of(name, "s", run.isSmoke() ? seconds : seconds.subList(1, seconds.size())).with("command", String.join(" ", command)));
    }

    private static void save(Shape shape, Path target) {
        try (var device = Device.cpu();
                var session = InferenceSession.open(shape.config(Shape.LENGTH), Optional.empty(),
                    InferenceSession.Size.scoring(Shape.LENGTH, 1), device)) {
            new Initializer(0, 0.02).fillBase(session.model());
            ModelDirectory.save(session.model(), target, JsonFile.parse("config.json", shape.json(Shape.LENGTH)), target);
        }
    }
}
