package dev.leeway.cli;

import dev.leeway.rollout.SamplingParameters;
import java.util.Optional;
import picocli.CommandLine.Option;
import tools.jackson.databind.node.ObjectNode;

/** How completions are drawn; names are those of TRL. */
final class DrawOptions {

    @Option(names = "--max_completion_length", paramLabel = "N", description = "tokens a completion has at most (default: 256; ppo: 53)")
    Optional<Integer> maxCompletionLength = Optional.empty();

    @Option(names = "--temperature", paramLabel = "T", description = "of the draws, and of policy and reference in training (default: 1; "
        + "ppo: 0.7)")
    Optional<Double> temperature = Optional.empty();

    @Option(names = "--top_p", paramLabel = "P", description = "draw from the smallest set with this probability (default: 1)")
    double topP = 1;

    @Option(names = "--top_k", paramLabel = "K", description = "draw from the K most probable tokens; 0 = all (default: 0)")
    int topK;

    @Option(names = "--min_p", paramLabel = "P",
        description = "drop what is less probable than P times the most probable token (default: 0)")
    double minP;

    @Option(names = "--repetition_penalty", paramLabel = "F", description = "make tokens seen before less probable; 1 = off (default: 1)")
    double repetitionPenalty = 1;

    @Option(names = "--max_num_seqs", paramLabel = "N",
        description = "completions drawn at once, at most those of a rollout; changes memory and time, and no number (default: 64)")
    int lanes = 64;

    @Option(names = "--batch_invariant", arity = "0..1", fallbackValue = "true", paramLabel = "BOOL",
        description = "require that a token has the same log-prob, bit for bit, when it is drawn and when it is trained; false = "
            + "measure the "
            + "difference and take it as importance weight, which dropout and noise need (default: true)")
    boolean batchInvariant = true;

    @Option(names = "--log_completions", arity = "0..1", fallbackValue = "true", paramLabel = "BOOL",
        description = "print a table of completions every --logging_steps steps; completions.jsonl has all (default: false)")
    boolean logCompletions;

    @Option(names = "--num_completions_to_print", paramLabel = "N", description = "completions of a table (default: 4)")
    Optional<Integer> completionsToPrint = Optional.empty();

    /** Reports values out of range. */
    void check(PolicyOptions policy, Problems problems) {
        problems.require(completionLength(policy) > 0, "--max_completion_length must be positive; got %d", completionLength(policy));
        problems.check(() -> sampling(policy, 0));
        problems.require(temperature(policy) != 0, "--temperature must be above 0: at 0 all completions of a prompt are the same, and "
            + "nothing "
            + "is learned from comparing them");
        problems.require(lanes > 0, "--max_num_seqs must be positive; got %d", lanes);
        completionsToPrint.ifPresent(count -> problems.require(count > 0, "--num_completions_to_print must be positive; got %d", count));
        problems.require(logCompletions || completionsToPrint.isEmpty(),
            "--num_completions_to_print has no effect without --log_completions; add it, or leave it out");
    }

    int completionLength(PolicyOptions policy) {
        return maxCompletionLength.orElse(policy.usualCompletionLength());
    }

    double temperature(PolicyOptions policy) {
        return temperature.orElse(policy.usualTemperature());
    }

    SamplingParameters sampling(PolicyOptions policy, long seed) {
        return new SamplingParameters(temperature(policy), topK, topP, minP, repetitionPenalty, seed);
    }

    /** Puts everything that decides numbers into an object, under the options' names. */
    void describe(PolicyOptions policy, ObjectNode json) {
        json.put("max_completion_length", completionLength(policy)).put("temperature", temperature(policy)).put("top_p", topP)
            .put("top_k", topK).put("min_p", minP).put("repetition_penalty", repetitionPenalty).put("batch_invariant", batchInvariant);
    }
}
