package dev.leeway.cli;

import dev.leeway.LeewayException;
import dev.leeway.cli.verify.VerifyCommand;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.SequencedMap;
import java.util.function.Supplier;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.ScopeType;

/**
 * The command {@code leeway}. Exit codes: 0 done, 1 something did not hold ({@code verify}) or an internal error, 2 usage, 3 data,
 * 4 numerics, 5 resources.
 */
@Command(name = "leeway", scope = ScopeType.INHERIT, mixinStandardHelpOptions = true, versionProvider = Main.Version.class,
    sortOptions = false, sortSynopsis = false, abbreviateSynopsis = true, usageHelpAutoWidth = true, showDefaultValues = false,
    synopsisHeading = "%nUsage: ", descriptionHeading = "%n", optionListHeading = "%nOptions:%n", commandListHeading = "%nCommands:%n",
    description = "Post-trains language models of the Llama family and measures what the training did to them.",
    footer = {"", "Start with:  leeway quickstart",
        "Exit codes:  0 done, 1 failed check or internal error, 2 usage, 3 data, 4 numerics, 5 resources"})
public final class Main {

    /** What the commands hang on. */
    Main() {
    }

    /** Runs a command and exits with its code. */
    public static void main(String[] arguments) {
        // Always UTF-8: the text of a model must not depend on the locale.
        var stdout = new StandardOutput(new FileOutputStream(FileDescriptor.out));
        var out = new PrintWriter(stdout, false, StandardCharsets.UTF_8);
        var err = new PrintWriter(new FileOutputStream(FileDescriptor.err), true, StandardCharsets.UTF_8);
        int code = run(arguments, out, err);
        stdout.loss().ifPresent(reason -> err.println("leeway: standard output could not be written ("
            + reason + "); what it was to show is lost"));
        System.exit(code == 0 && stdout.loss().isPresent() ? LeewayException.Kind.RESOURCES.exitCode() : code);
    }

    /** Runs a command; results go to {@code out}, everything else to {@code err}. Returns the exit code. */
    public static int run(String[] arguments, PrintWriter out, PrintWriter err) {
        var line = commands();
        var file = ConfigFile.expand(arguments, line);
        prepare(line, file).setOut(out).setErr(err);
        try {
            return Failures.unreadable(arguments).map(failure -> Failures.report(failure, line, file))
                .orElseGet(() -> line.execute(file.arguments()));
        } catch (Throwable failure) {
            // picocli hands on what is no Exception, such as OutOfMemoryError.
            return Failures.report(failure, line, file);
        } finally {
            out.flush();
            err.flush();
        }
    }

    /** All commands. Those that train a model that exists differ in the options of their objective; plan takes the same. */
    static CommandLine commands() {
        var line = new CommandLine(new Main()).addSubcommand("quickstart", new QuickstartCommand())
            .addSubcommand("pretrain", new PretrainCommand());
        var plan = new CommandLine(new PlanCommand(new SupervisedOptions()));
        objectives().forEach((name, options) -> {
            line.addSubcommand(name, new TrainCommand(options.get()));
            plan.addSubcommand(name, new PlanCommand(options.get()));
        });
        policies().forEach((name, options) -> {
            line.addSubcommand(name, new RolloutCommand(options.get()));
            plan.addSubcommand(name, new PlanRolloutCommand(options.get()));
        });
        return line.addSubcommand("generate", new GenerateCommand()).addSubcommand("verify", new VerifyCommand())
            .addSubcommand("plan", plan).addSubcommand("chat", new ChatCommand()).addSubcommand("merge", new MergeCommand())
            .addSubcommand("score", new ScoreCommand()).addSubcommand("study", StudyCommand.line())
            .addSubcommand("eval", new CommandLine(new EvalCommand()).addSubcommand("list", new EvalListCommand())
                .addSubcommand("resume", new EvalResumeCommand())).addSubcommand("compare", new CompareCommand())
            .addSubcommand("probe", ProbeCommand.line())
            .addSubcommand("doctor", new DoctorCommand()).addSubcommand("help", new HelpCommand());
    }

    private static SequencedMap<String, Supplier<ObjectiveOptions>> objectives() {
        var objectives = new LinkedHashMap<String, Supplier<ObjectiveOptions>>();
        objectives.put("sft", SupervisedOptions::new);
        objectives.put("dpo", DpoOptions::new);
        objectives.put("ipo", IpoOptions::new);
        objectives.put("simpo", SimpoOptions::new);
        objectives.put("orpo", OrpoOptions::new);
        objectives.put("kto", KtoOptions::new);
        objectives.put("reward", RewardOptions::new);
        return objectives;
    }

    private static SequencedMap<String, Supplier<PolicyOptions>> policies() {
        var policies = new LinkedHashMap<String, Supplier<PolicyOptions>>();
        policies.put("grpo", GrpoOptions::new);
        policies.put("rloo", RlooOptions::new);
        policies.put("ppo", PpoOptions::new);
        return policies;
    }

    private static CommandLine prepare(CommandLine line, ConfigFile file) {
        line.setParameterExceptionHandler((failure, _) -> Failures.badArguments(failure, file));
        line.setExecutionExceptionHandler((failure, command, _) -> Failures.report(failure, command, file));
        line.setExecutionStrategy(parsed -> Failures.executeUnlessBad(parsed, file));
        line.setUsageHelpLongOptionsMaxWidth(36);
        Failures.collectAll(line);
        return line;
    }

    /** The version in the jar's manifest. */
    static final class Version implements IVersionProvider {
        @Override
        public String[] getVersion() {
            var version = Main.class.getPackage().getImplementationVersion();
            return new String[] {"leeway " + (version == null ? "(not from a jar)" : version) + ", Java " + Runtime.version()};
        }
    }
}
