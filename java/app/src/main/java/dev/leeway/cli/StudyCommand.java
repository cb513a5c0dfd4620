package dev.leeway.cli;

import dev.leeway.study.Scale;
import dev.leeway.study.Studies;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code leeway study}: whole experiments, from a question to a report. */
@Command(name = "study", description = "Carries out whole experiments: trains every arm, examines every model, and concludes what was "
    + "sealed before.")
final class StudyCommand {

    private StudyCommand() {
    }

    /** The command with those that it has. */
    static CommandLine line() {
        return new CommandLine(new StudyCommand()).addSubcommand("list", new ListStudies()).addSubcommand("plan", new PlanStudy())
            .addSubcommand("run", new RunStudy()).addSubcommand("resume", new ResumeStudy())
            .addSubcommand("report", new ReportStudy());
    }

    /** {@code leeway study list}. */
    @Command(name = "list", description = "Names the studies that there are, and what they need.")
    static final class ListStudies implements Callable<Integer> {

        @Spec
        private CommandSpec spec;

        @Override
        public Integer call() {
            var out = spec.commandLine().getOut();
            for (var study : Studies.all()) {
                out.println(study.name() + ": " + study.question());
                study.needs(Scale.FULL).forEach(need -> out.println("  at full scale " + need));
            }
            return 0;
        }
    }

    /** What is done with one study. */
    abstract static class OfOneStudy implements Callable<Integer>, Checked {

        @Spec
        private CommandSpec spec;

        @Mixin
        private final StudyOptions options = new StudyOptions();

        @Override
        public final void check(Problems problems) {
            options.check(problems);
        }

        @Override
        public final Integer call() {
            Problems.requireNone(this::check);
            var line = spec.commandLine();
            call(new StudyJob(options, line.getOut(), line.getErr()), line);
            return 0;
        }

        final StudyOptions options() {
            return options;
        }

        abstract void call(StudyJob job, CommandLine line);
    }

    /** {@code leeway study plan}. */
    @Command(name = "plan", description = {"Says what a study would do, and seals its analysis: arms, exams, contrasts, seeds, alpha.",
        "What is different later is told with the results, and what rests on it is called exploratory."})
    static final class PlanStudy extends OfOneStudy {

        @Override
        void call(StudyJob job, CommandLine line) {
            var out = line.getOut();
            var standing = job.seal();
            out.println("sealed    " + standing.sha256().orElseThrow() + " in " + job.folder().seal());
            standing.told().forEach(change -> out.println("changed   " + change));
        }
    }

    /** {@code leeway study run}. */
    @Command(name = "run", description = {"Carries out a study. What is in its folder is not done again, so a study that was killed goes "
        + "on, a changed arm is trained and the others are not.", "Ends with a report: one page that any browser shows."})
    static final class RunStudy extends OfOneStudy {

        @Override
        void call(StudyJob job, CommandLine line) {
            job.run(StudyArguments.of(line.getParseResult().originalArgs(), line.getCommandSpec()),
                StudyJob.Ending.of(job.options().output.orElseThrow()));
        }
    }

    /** What is done with a study that was begun. */
    abstract static class OfOneFolder implements Callable<Integer> {

        @Spec
        private CommandSpec spec;

        @Parameters(index = "0", paramLabel = "DIR", description = "the study's --output_dir")
        private Path folder;

        @Override
        public final Integer call() {
            return call(StudyArguments.read(folder).in(folder).words(), spec.commandLine());
        }

        /** With the words that it was begun with. */
        abstract int call(List<String> words, CommandLine line);
    }

    /** {@code leeway study resume}. */
    @Command(name = "resume", description = "Goes on with the study of a folder, as it was begun; of one that is finished it writes the "
        + "report again.")
    static final class ResumeStudy extends OfOneFolder {

        @Override
        int call(List<String> words, CommandLine line) {
            return Main.run(words.toArray(String[]::new), line.getOut(), line.getErr());
        }
    }

    /** {@code leeway study report}. */
    @Command(name = "report", description = "Writes the report of a finished study again, with its results and tables, from what is "
        + "stored: trains and examines nothing.")
    static final class ReportStudy extends OfOneFolder {

        @Option(names = "--output", paramLabel = "FILE", description = "where the page goes (default: report.html in DIR)")
        private Optional<Path> output = Optional.empty();

        @Override
        int call(List<String> words, CommandLine line) {
            var begun = new CommandLine(new RunStudy());
            begun.parseArgs(words.subList(2, words.size()).toArray(String[]::new)); // behind: study run
            OfOneStudy study = begun.getCommand();
            Problems.requireNone(study::check);
            new StudyJob(study.options(), line.getOut(), line.getErr()).report(output);
            return 0;
        }
    }
}
