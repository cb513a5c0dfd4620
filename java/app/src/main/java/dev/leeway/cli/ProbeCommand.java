package dev.leeway.cli;

import picocli.CommandLine;
import picocli.CommandLine.Command;

/** {@code leeway probe}: what a model holds dear, read off its numbers; nothing is written by a model and nothing judged. */
@Command(name = "probe", description = "Reads off a model's numbers what it holds dear, without a judge.")
final class ProbeCommand {

    /** With its own commands. */
    static CommandLine line() {
        return new CommandLine(new ProbeCommand()).addSubcommand("reward", new ProbeRewardCommand());
    }
}
