package dev.leeway.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;
import picocli.CommandLine.Model.ArgGroupSpec;
import picocli.CommandLine.Model.OptionSpec;

/** Options that take several values may be given again, and those beside them stay. */
class RepeatedOptionsTest {

    static Stream<Arguments> several() {
        return of(List.of(), Main.commands());
    }

    private static Stream<Arguments> of(List<String> path, CommandLine line) {
        var own = line.getCommandSpec().options().stream().filter(OptionSpec::isMultiValue)
            .map(option -> Arguments.of(String.join(" ", path), option.longestName()));
        return Stream.concat(own, line.getSubcommands().entrySet().stream().flatMap(sub -> {
            var deeper = new ArrayList<>(path);
            deeper.add(sub.getKey());
            return of(deeper, sub.getValue());
        }));
    }

    @ParameterizedTest
    @MethodSource("several")
    void bothAreTakenAndWhatStandsBesideThemStays(String command, String name) {
        var words = new ArrayList<>(List.of(command.split(" ")));
        var line = Main.commands();
        var found = spec(line, words).findOption(name);
        var beside = beside(found);
        words.addAll(List.of(name, value(found, 1)));
        beside.forEach(other -> words.addAll(List.of(other.longestName(), value(other, 1))));
        words.addAll(List.of(name, value(found, 2)));

        var parsed = line.parseArgs(words.toArray(String[]::new));
        while (parsed.hasSubcommand()) {
            parsed = parsed.subcommand();
        }

        var spec = parsed.commandSpec();
        assertEquals(List.of(), parsed.errors());
        assertEquals(List.of(), Failures.repeated(parsed));
        Collection<?> values = spec.findOption(name).getValue();
        assertEquals(2, values.size(), () -> name + ": " + values);
        for (var other : beside) {
            Object kept = spec.findOption(other.longestName()).getValue();
            assertTrue(String.valueOf(kept).contains(value(other, 1)), () -> other.longestName() + ": " + kept);
        }
    }

    @Test
    void anOptionOfOneValueIsRefused() {
        var said = Cli.run("study", "plan", "helpfulness-hurts", "--set", "a.b=1", "--set", "c.d=2", "--limit", "1", "--limit", "2").err();

        assertTrue(said.contains("--limit is given more than once"), said);
        assertFalse(said.contains("--set is given more than once"), said);
    }

    private static CommandLine.Model.CommandSpec spec(CommandLine line, List<String> path) {
        var command = line;
        for (var word : path) {
            command = command.getSubcommands().get(word);
        }
        return command.getCommandSpec();
    }

    /** An option with one value of the same group, if there is one. */
    private static List<OptionSpec> beside(OptionSpec option) {
        return Stream.ofNullable(option.group()).map(ArgGroupSpec::options).flatMap(List::stream)
            .filter(other -> !other.isMultiValue() && other.arity().min() == 1).limit(1).toList();
    }

    private static String value(OptionSpec option, int which) {
        var type = option.auxiliaryTypes()[0];
        var several = option.isMultiValue() ? which : 7;
        return type == String.class || type == Path.class ? "value" + several : type == Double.class || type == double.class
            ? several + ".0" : Integer.toString(several);
    }
}
