package dev.leeway.cli;

import dev.leeway.LeewayException;
import dev.leeway.eval.Candidate;
import dev.leeway.eval.DataFolder;
import dev.leeway.eval.EngineSubject;
import dev.leeway.eval.Instruments;
import dev.leeway.eval.RunListener;
import dev.leeway.eval.Runner;
import dev.leeway.eval.Subject;
import dev.leeway.ffi.DType;
import dev.leeway.io.AtomicFile;
import dev.leeway.io.FolderLock;
import dev.leeway.io.JsonFile;
import dev.leeway.judge.Judge;
import dev.leeway.model.ModelDirectory;
import dev.leeway.study.BenchmarkExaminer;
import dev.leeway.study.Exam;
import dev.leeway.study.Examiner;
import dev.leeway.study.Plan;
import dev.leeway.study.Seal;
import dev.leeway.study.StudyCards;
import dev.leeway.study.StudyFolder;
import dev.leeway.study.StudyPage;
import dev.leeway.study.StudyResults;
import dev.leeway.study.StudyRun;
import dev.leeway.study.StudyTables;
import dev.leeway.study.toy.ToyMaterials;
import dev.leeway.tensor.Device;
import dev.leeway.train.StopRequest;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * A study in its folder: sealed, carried out or gone on with, and told.
 *
 * @param options which study
 * @param out where findings go
 * @param err where progress goes
 */
record StudyJob(StudyOptions options, PrintWriter out, PrintWriter err) {

    static final String PAGE = "report.html";
    /** Tokens of a prompt and its answer. */
    private static final int LONGEST = 4096;

    /** What would be done. */
    Plan plan() {
        return options.plan();
    }

    /**
     * Says what would be done, and seals it. Judges and the second model are named and not opened, so a plan takes no memory for them, nor
     * does it need the device of the run.
     *
     * @throws LeewayException before anything is written, if the folder is another study's, or somebody writes it
     */
    Seal.Standing seal() {
        var plan = plan();
        try (var _ = locked(); var device = Device.cpu()) {
            Seal.requireOf(plan.study(), folder().seal());
            var text = planText(plan);
            text.lines().forEach(out::println);
            Problems.requireNone(new StudyExamChecks(text.exams(), options)::check);
            var others = new Others(options.judge.named(options.batchSize, DType.F32),
                options.reference.map(this::named));
            return new StudyRun(plan, folder(), crew(device, others, () -> false), options.base, StudyRun.Listener.SILENT).seal();
        }
    }

    /** The same in words, with what it takes. */
    private StudyPlanText planText(Plan plan) {
        var materials = new ToyMaterials();
        return new StudyPlanText(plan, StudyExams.of(plan.study(), data(), folder(), materials), new StudyCosts(plan, options, folder(),
            materials));
    }

    /** Loads some of the exams; what is only not as good as it could be is printed. */
    private void checkExams(Plan plan, Predicate<Exam> which, Problems problems) {
        var checks = new StudyExamChecks(StudyExams.of(plan.study(), data(), folder(), new ToyMaterials(), which), options);
        checks.checkLoaded(problems);
        checks.check(problems);
        if (problems.isEmpty()) {
            checks.notes().forEach(err::println);
        }
    }

    private DataFolder data() {
        return new DataFolder(options.data.map(List::of).orElse(List.of()), DataFolder.hubCache(System.getenv()));
    }

    StudyFolder folder() {
        return options.folder();
    }

    /**
     * How a run ends on a terminal.
     *
     * @param found what is said of the results
     * @param onward the command that goes on with a study which was asked to stop
     */
    record Ending(Function<StudyResults, List<String>> found, String onward) {

        /** Of a study in its own folder. */
        static Ending of(Path output) {
            return new Ending(results -> new StudyText(results).lines(), "leeway study resume " + output);
        }
    }

    /**
     * Whether it came to its end.
     *
     * @param arguments that it was begun with, for {@code leeway study resume}
     * @throws LeewayException before anything is written, if what it begins with is not there
     */
    boolean run(StudyArguments arguments, Ending ending) {
        var plan = plan();
        boolean isTrained = plan.nodes().stream().allMatch(folder()::isDone);
        if (!isTrained) {
            new StudyInputs(plan, options).require(problems -> checkExams(plan, exam -> exam.items().isEmpty(), problems));
        }
        var output = options.output.orElseThrow();
        var progress = new StudyProgress(err);
        try (var _ = locked(); var device = options.device.open()) {
            options.applied().said().forEach(err::println);
            Seal.requireOf(plan.study(), folder().seal());
            if (!isTrained) {
                Problems.requireNone(problems -> checkExams(plan, exam -> exam.items().isPresent(), problems));
            }
            arguments.write(output);
            var found = carryOut(plan, device, progress, true);
            found.ifPresentOrElse(results -> tell(results, output.resolve(PAGE), device.info().name(), ending), () ->
                err.println("stopped; " + ending.onward() + " goes on"));
            return found.isPresent();
        } catch (RuntimeException failure) {
            progress.brokenOff();
            throw failure;
        }
    }

    /**
     * Tells a study that came to its end again.
     *
     * @param page where the report goes, if not where it always is
     * @throws LeewayException if something isn't stored
     */
    void report(Optional<Path> page) {
        var output = options.output.orElseThrow();
        try (var _ = locked(); var device = options.device.open()) {
            carryOut(plan(), device, new Finished(output), false).ifPresent(results -> tell(results, page.orElse(output.resolve(PAGE)),
                device.info().name(), Ending.of(output)));
        }
    }

    /** Of a study that has all it takes. */
    private record Finished(Path output) implements StudyRun.Listener {

        @Override
        public void left(List<StudyRun.Piece> pieces) {
            if (!pieces.isEmpty()) {
                throw LeewayException.data("the study in %s is not finished: %s %s missing, %s first; leeway study resume %s makes up for "
                    + "it",
                    output, StudyProgress.count(pieces), pieces.size() == 1 ? "is" : "are", pieces.getFirst().what(), output);
            }
        }

        @Override
        public void begins(StudyRun.Piece piece) {
            throw new IllegalStateException(piece.what());
        }

        @Override
        public void ended(StudyRun.Piece piece) {
            throw new IllegalStateException(piece.what());
        }
    }

    private Optional<StudyResults> carryOut(Plan plan, Device device, StudyRun.Listener listener, boolean isToSeal) {
        var stop = new StopRequest();
        // A judge is an instrument: it answers the same whatever --dtype the models have.
        try (var others = new Others(options.judge.openAll(options.output.orElseThrow(), options.batchSize, DType.F32, device),
                options.reference.map(folder -> candidate(folder, device).opener().get())); var _ = Interruption.listen(stop, err)) {
            var run = new StudyRun(plan, folder(), crew(device, others, stop::isRequested), options.base, listener);
            if (isToSeal) {
                run.seal();
            }
            return run.run();
        }
    }

    /**
     * The right to write into the folder and into its store. Nobody waits for a lock, so two studies that want each other's folders are
     * refused, and don't wait for ever.
     */
    private Locks locked() {
        var own = FolderLock.acquire(folder().path());
        try {
            var isOwn = Files.createDirectories(folder().store()).toRealPath().equals(own.folder());
            return new Locks(isOwn ? List.of(own) : List.of(FolderLock.acquire(folder().store()), own));
        } catch (IOException failure) {
            own.close();
            throw LeewayException.resources(failure, "--store: %s can't be made: %s", folder().store(), failure.getMessage());
        } catch (RuntimeException taken) {
            own.close();
            throw taken;
        }
    }

    private record Locks(List<FolderLock> all) implements AutoCloseable {
        @Override
        public void close() {
            all.forEach(FolderLock::close);
        }
    }

    /** Models beside the one that is examined, while they are open. */
    private record Others(List<Judge> judges, Optional<Subject> reference) implements AutoCloseable {
        @Override
        public void close() {
            judges.forEach(Judge::close);
            reference.ifPresent(Subject::close);
        }
    }

    private StudyRun.Crew crew(Device device, Others others, BooleanSupplier isToStop) {
        var listener = new RunListener() {
            @Override
            public void progressed(Progress progress) {
                // a study tells of whole examinations
            }

            @Override
            public boolean isToStop() {
                return isToStop.getAsBoolean();
            }
        };
        var means = new BenchmarkExaminer.Means(folder -> candidate(folder, device), _ -> new Instruments(others.judges(),
            others.reference(), Optional.empty(), 0), data(), new Runner.Division(options.batchSize, false), listener, StudyExams.SEED);
        return new StudyRun.Crew(options.paths().workshop(new CommandWorkshop(options.device.asOptions(), isToStop)),
            examiner(new BenchmarkExaminer(means)), new ToyMaterials());
    }

    /** An examiner whose outcomes are stored under the type that models are held in too. */
    private Examiner examiner(Examiner examiner) {
        return new Examiner() {
            @Override
            public Optional<List<Outcome>> examine(Exam exam, Path model, Optional<Path> data, Path output) {
                return examiner.examine(exam, model, data, output);
            }

            @Override
            public String dependencies(Exam exam, Optional<Path> data) {
                return examiner.dependencies(exam, data) + " dtype " + options.dtype.dtype;
            }
        };
    }

    private Candidate candidate(Path folder, Device device) {
        var model = model(folder);
        return EngineSubject.candidate(model, room(), options.dtype.of(ModelDirectory.open(model.base())), device);
    }

    /** As it is known in a run on the run's device. */
    Subject named(Path folder) {
        var model = model(folder);
        return NamedSubject.of(EngineSubject.named(model, room(), options.dtype.of(ModelDirectory.open(model.base())),
            options.device.device));
    }

    private static EngineSubject.Model model(Path folder) {
        var source = AdapterSource.find(folder, Optional.empty());
        return new EngineSubject.Model(source.base(), source.adapter());
    }

    private EngineSubject.Room room() {
        return new EngineSubject.Room(LONGEST, options.batchSize);
    }

    /** Writes what was found, and says it. */
    private void tell(StudyResults results, Path page, String device, Ending ending) {
        var folder = options.output.orElseThrow();
        var analyses = options.analyses();
        JsonFile.write(folder().results(), results.json(analyses));
        write(page, StudyPage.of(results, analyses, new StudyEnvironment(options, device).facts(), again()).html());
        new StudyTables(results).files().forEach((name, text) -> write(folder.resolve(name), text));
        var base = options.base.map(model -> model.getFileName().toString());
        new StudyCards(results, base, new Main.Version().getVersion()[0]).files().forEach(StudyJob::write);
        ending.found().apply(results).forEach(out::println);
        if (options.dryRun) {
            out.println("dry run: everything was gone through with two steps and two items, so no figure means anything");
        }
        out.println("Report: " + page);
        out.flush();
    }

    private static void write(Path file, String text) {
        new StudyFolder(file.toAbsolutePath().getParent()).create();
        AtomicFile.write(file, text.getBytes(StandardCharsets.UTF_8));
    }

    /** How to repeat it: as it was typed. */
    private String again() {
        var output = options.output.orElseThrow();
        return "leeway " + StudyArguments.read(output).in(output).text();
    }
}
