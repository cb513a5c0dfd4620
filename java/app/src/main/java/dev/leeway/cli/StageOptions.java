package dev.leeway.cli;

import dev.leeway.LeewayException;
import dev.leeway.io.Nearest;
import dev.leeway.study.Arm;
import dev.leeway.study.Stage;
import dev.leeway.study.Study;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine;

/** Options of stages are options of commands; one that its command hasn't would show when the stage is reached, after hours. */
final class StageOptions {

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
    static Set<String> ofPaths() {
        return Main.commands().getSubcommands().values().stream().flatMap(command -> command.getCommandSpec().options().stream())
            .filter(option -> option.auxiliaryTypes()[0] == Path.class).flatMap(option -> Stream.of(option.names()))
            .map(name -> name.replaceFirst("^-+", "")).collect(Collectors.toSet());
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
