package dev.leeway.cli;

import dev.leeway.LeewayException;
import dev.leeway.LeewayException.Kind;
import dev.leeway.io.Nearest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/** What a user sees when something goes wrong, and the exit code. */
final class Failures {

    private static final int INTERNAL = 1;

    private Failures() {
    }

    /** A command reports all its bad arguments at once and not the first one alone. */
    static void collectAll(CommandLine line) {
        line.getCommandSpec().parser().collectErrors(true);
        line.getSubcommands().values().forEach(Failures::collectAll);
    }

    /** Arguments that the JVM could not decode, because the locale is not UTF-8; training on garbled text must not happen silently. */
    static Optional<LeewayException> unreadable(String[] arguments) {
        return Arrays.stream(arguments).filter(argument -> argument.indexOf('\uFFFD') >= 0).findFirst()
            .map(argument -> LeewayException.usage("an argument is not readable in this locale (%s): \"%s\"; set LC_ALL=C.UTF-8",
                System.getProperty("sun.jnu.encoding"), argument));
    }

    /** Runs the command that was named, or reports everything that is wrong with its arguments. */
    static int executeUnlessBad(ParseResult parsed, ConfigFile file) {
        var last = parsed;
        var errors = new ArrayList<Exception>(parsed.errors());
        while (last.hasSubcommand()) {
            last = last.subcommand();
            errors.addAll(last.errors());
        }
        var command = last.commandSpec().commandLine();
        repeated(last).forEach(name -> errors.add(new ParameterException(command, name + " is given more than once")));
        boolean bad = !errors.isEmpty() || !file.problems().isEmpty();
        if (bad && !last.isUsageHelpRequested() && !last.isVersionHelpRequested()) {
            var problems = new Problems();
            file.problems().forEach(problems::add);
            sentences(errors.stream().distinct().toList(), command).forEach(problems::add);
            if (last.commandSpec().userObject() instanceof Checked checked) {
                checked.check(problems);
            }
            return badArguments(problems, command, file);
        }
        if (!parsed.hasSubcommand() && !parsed.isUsageHelpRequested() && !parsed.isVersionHelpRequested()) {
            command.usage(command.getErr());
            return Kind.USAGE.exitCode();
        }
        return new CommandLine.RunLast().execute(parsed);
    }

    /** Options of one value that occur more than once: picocli would begin their group anew and forget its other options. */
    static List<String> repeated(ParseResult parsed) {
        var options = parsed.commandSpec().optionsMap();
        var counts = new LinkedHashMap<String, Integer>();
        parsed.originalArgs().stream().map(argument -> argument.split("=", 2)[0]).filter(options::containsKey)
            .filter(name -> !options.get(name).isMultiValue())
            .forEach(name -> counts.merge(options.get(name).longestName(), 1, Integer::sum));
        return counts.entrySet().stream().filter(count -> count.getValue() > 1).map(Map.Entry::getKey).toList();
    }

    /** picocli's handler of arguments that it can't even collect. */
    static int badArguments(ParameterException failure, ConfigFile file) {
        var command = failure.getCommandLine();
        var problems = new Problems();
        file.problems().forEach(problems::add);
        sentences(List.of(failure), command).forEach(problems::add);
        return badArguments(problems, command, file);
    }

    private static int badArguments(Problems problems, CommandLine command, ConfigFile file) {
        var name = command.getCommandSpec().qualifiedName();
        command.getErr().println(name + ": " + file.placed(problems.text()));
        command.getErr().println("see: " + name + " --help");
        return Kind.USAGE.exitCode();
    }

    private static List<String> sentences(List<Exception> errors, CommandLine command) {
        var sentences = new ArrayList<String>();
        for (var error : errors) {
            if (error instanceof UnmatchedArgumentException unmatched) {
                sentences.addAll(unmatched(unmatched.getUnmatched(), command));
            } else {
                sentences.add(error.getMessage().replaceFirst("^Invalid value for option '([^']*)'[^:]*: ", "$1: "));
            }
        }
        return sentences;
    }

    /** What follows an unknown option is its value and no problem of its own. */
    private static List<String> unmatched(List<String> arguments, CommandLine command) {
        var options = command.getCommandSpec().optionsMap().keySet();
        var commands = command.getSubcommands().keySet();
        var sentences = new ArrayList<String>();
        boolean isValue = false;
        for (var argument : arguments) {
            boolean option = argument.startsWith("-") && argument.length() > 1 && !Character.isDigit(argument.charAt(1));
            var name = option ? argument.split("=", 2)[0] : argument;
            if (option || !isValue) {
                sentences.add((option ? "unknown option " : "unexpected argument ") + name
                    + Nearest.hint(name, option ? options : commands));
            }
            isValue = option && !argument.contains("=");
        }
        return sentences;
    }

    /** Prints a failure of a command that was running: a sentence, and the stack only of what nobody foresaw. */
    static int report(Throwable failure, CommandLine command, ConfigFile file) {
        command.getOut().flush();
        var err = command.getErr();
        var name = command.getCommandSpec().qualifiedName();
        return switch (failure) {
            case LeewayException expected -> {
                err.println(name + ": " + file.placed(expected.getMessage()));
                yield expected.kind().exitCode();
            }
            case OutOfMemoryError memory -> {
                err.println(name + ": the Java heap is full (" + memory.getMessage()
                    + "); allow more with LEEWAY_JAVA_OPTS=-Xmx8g, or read less data");
                yield Kind.RESOURCES.exitCode();
            }
            case IOException _, UncheckedIOException _ -> {
                err.println(name + ": reading or writing failed: " + failure.getMessage());
                yield Kind.RESOURCES.exitCode();
            }
            default -> {
                err.println(name + ": internal error, which is a bug in leeway; please report it with these lines");
                failure.printStackTrace(err);
                yield INTERNAL;
            }
        };
    }
}
