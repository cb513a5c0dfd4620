package dev.leeway.cli;

import dev.leeway.LeewayException;
import dev.leeway.eval.Benchmark;
import dev.leeway.eval.Instruments;
import dev.leeway.eval.Results;
import dev.leeway.eval.RunPlan;
import dev.leeway.eval.Runner;
import dev.leeway.eval.Subject;
import dev.leeway.eval.output.ResultFiles;
import dev.leeway.ffi.DType;
import dev.leeway.io.AtomicFile;
import dev.leeway.judge.Judge;
import dev.leeway.sandbox.Sandbox;
import dev.leeway.tensor.Device;
import dev.leeway.train.StopRequest;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/** One process's work on an evaluation. */
final class EvalRun {

    private final EvalOptions options;
    private final boolean retryMissing;
    private final PrintWriter out;
    private final PrintWriter err;

    EvalRun(EvalOptions options, boolean retryMissing, PrintWriter out, PrintWriter err) {
        this.options = options;
        this.retryMissing = retryMissing;
        this.out = out;
        this.err = err;
    }

    /** A new evaluation. */
    void begin(List<String> arguments) {
        run(() -> EvalFolder.begin(options.output.orElseThrow(), arguments));
    }

    /** The rest of one. */
    void goOn() {
        var folder = options.output.orElseThrow();
        if (EvalFolder.isElsewhere(folder)) {
            err.println("  note      it was begun from another working directory; names of files are looked for from this one");
        }
        run(() -> EvalFolder.goOn(folder));
    }

    /** Everything that can be wrong with models and data is known before the folder is taken. */
    private void run(Supplier<EvalFolder> claim) {
        var parts = options.load(System.getenv());
        requireInstruments(parts);
        requireUsed("--judge_model", !options.judge.names().isEmpty(), parts, Benchmark.Needs::judge);
        requireUsed("--reference_model", options.models.reference.isPresent(), parts, Benchmark.Needs::reference);
        try (var device = options.device.open()) {
            var candidates = options.models.candidates(options.dtype, options.batchSize, device);
            var plan = new RunPlan(candidates, parts, options.prompts.all(), options.extent(), options.seed);
            err.println("  models    " + EvaluatedModels.text(candidates));
            err.println("  asks      " + options.text());
            if (options.judge.isScripted()) {
                err.println("  judge     a script and no model: its grades say nothing of the answers");
            }
            var sandbox = plan.parts().stream().anyMatch(part -> part.benchmark().needs().sandbox()) ? Optional.of(Sandbox.open())
                : Optional.<Sandbox>empty();
            try (var reference = new Reference(options.models.reference(options.dtype, options.batchSize, device)
                    .map(candidate -> candidate.opener().get())); var folder = claim.get()) {
                run(plan, new Instruments(List.of(), reference.subject(), sandbox, plan.seed()), folder, device);
            }
        }
    }

    /** What lacks is said before a model is hashed or a judge is opened. */
    private void requireInstruments(List<RunPlan.Part> parts) {
        for (var part : parts) {
            var needs = part.benchmark().needs();
            if (needs.judge() && options.judge.names().isEmpty() || needs.reference() && options.models.reference.isEmpty()) {
                Instruments.NONE.requireFor(part.benchmark().card(), new Benchmark.Needs(needs.judge()
                    && options.judge.names().isEmpty(), needs.reference() && options.models.reference.isEmpty(), false));
            }
        }
    }

    /** What costs memory or money and changes nothing is a mistake. */
    private static void requireUsed(String option, boolean isGiven, List<RunPlan.Part> parts, Predicate<Benchmark.Needs> isNeeded) {
        if (isGiven && parts.stream().noneMatch(part -> isNeeded.test(part.benchmark().needs()))) {
            throw LeewayException.usage("%s has no effect: none of %s needs it; leave it out", option, parts.stream()
                .map(part -> part.benchmark().card().id()).collect(Collectors.joining(", ")));
        }
    }

    /** Judges keep their answers in the folder, so they are opened last. */
    private void run(RunPlan plan, Instruments others, EvalFolder folder, Device device) {
        var stop = new StopRequest();
        var progress = new EvalProgress(err, stop);
        try (var judges = new Judges(options.judge.openAll(folder.path(), options.batchSize, DType.F32, device));
                var _ = Interruption.listen(stop, err, "the answers that are being made are finished and kept")) {
            var instruments = new Instruments(judges.all(), others.reference(), others.sandbox(), others.seed());
            var results = new Runner(instruments, options.division(retryMissing), progress).run(plan,
                folder.path().resolve(EvalFolder.RECORDS));
            folder.timed(progress.json(options.batchSize));
            results.ifPresentOrElse(found -> write(found, folder), () -> err.println("stopped: " + progress.summary()
                + "; go on with: leeway eval resume " + folder.path()));
            results.ifPresent(_ -> err.println("  done      " + progress.summary()));
        } catch (IOException unwritable) {
            throw LeewayException.resources(unwritable, "%s can't be written: %s", folder.path(), unwritable.getMessage());
        }
    }

    private void write(Results results, EvalFolder folder) {
        ResultFiles.write(folder.path(), results);
        var arguments = EvalFolder.arguments(folder.path());
        AtomicFile.write(folder.path().resolve(EvalFolder.PAGE), new EvalPage(results, arguments, options.judge.isScripted()).page().html()
            .getBytes(StandardCharsets.UTF_8));
        out.print(EvalPage.table(results));
        out.flush();
        err.println("  results   " + folder.path().resolve("results.json") + ", page " + folder.path().resolve(EvalFolder.PAGE));
    }

    /** To be closed together. */
    private record Judges(List<Judge> all) implements AutoCloseable {

        @Override
        public void close() {
            all.forEach(Judge::close);
        }
    }

    /** The second model while it is open, if there is one. */
    private record Reference(Optional<Subject> subject) implements AutoCloseable {

        @Override
        public void close() {
            subject.ifPresent(Subject::close);
        }
    }
}
