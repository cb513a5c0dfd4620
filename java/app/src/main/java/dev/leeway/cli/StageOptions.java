package dev.leeway.cli;

import dev.leeway.LeewayException;
import dev.leeway.io.Nearest;
import dev.leeway.study.Arm;
import dev.leeway.study.Stage;
import dev.leeway.study.Study;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

/** Options of stages are options of commands; one that its command hasn't would show when the stage is reached, after hours. */
final class StageOptions {

    private static final Set<String> WRITTEN = Set.of("--judge_cache", "--output_dir", "--output_file");

    /** What an option's value names. */
    enum Kind {
        /** A file or a folder that is read; its name may have commas. */
        FILE,
        /** Such between commas. */
        FILES,
        /** What a command writes: what is in it determines nothing. */
        WRITTEN,
        /** Words between commas, some of which may name a model's folder. */
        WORDS;

        boolean isPath() {
            return this != WORDS;
        }

        /** What it says of one thing each. */
        List<String> parts(String value) {
            return this == FILE || this == WRITTEN ? List.of(value) : List.of(value.split(",", -1));
        }
    }

    private StageOptions() {
    }

    /**
     * Looks at all stages.
     *
     * @throws LeewayException with every option that its command hasn't, and the nearest one that it has
     */
    static void requireKnown(Study study) {
        var problems = new Problems();
        var commands = Main.commands().getSubcommands();
        var seen = new LinkedHashSet<Stage>();
        for (var arm : study.arms()) {
            arm.stages().stream().filter(seen::add).forEach(stage -> problems.check(() -> requireKnown(arm, stage,
                commands.get(stage.command()))));
        }
        problems.throwIfAny();
    }

    /** Options of any command whose values are files or folders, without dashes. */
    static Map<String, Kind> ofPaths() {
        var kinds = new HashMap<String, Kind>();
        Main.commands().getSubcommands().values().stream().flatMap(command -> command.getCommandSpec().options().stream())
            .filter(option -> option.auxiliaryTypes()[0] == Path.class).forEach(option -> Stream.of(option.names()).forEach(name ->
                kinds.merge(name.replaceFirst("^-+", ""), kind(option), (one, other) -> one == Kind.FILES ? one : other)));
        return kinds;
    }

    private static Kind kind(OptionSpec option) {
        return WRITTEN.contains(option.longestName()) ? Kind.WRITTEN : option.isMultiValue() ? Kind.FILES : Kind.FILE;
    }

    private static void requireKnown(Arm arm, Stage stage, CommandLine command) {
        if (command == null) {
            throw LeewayException.usage("stage %s of arm %s: there is no command %s", stage.name(), arm.name(), stage.command());
        }
        var known = command.getCommandSpec().optionsMap().keySet();
        stage.options().keySet().stream().filter(name -> !known.contains("--" + name)).findFirst().ifPresent(name -> {
            throw LeewayException.usage("stage %s of arm %s: %s has no option %s%s", stage.name(), arm.name(), stage.command(), name,
                Nearest.hint("--" + name, known));
        });
    }
}
