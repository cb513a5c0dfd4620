package dev.leeway.cli;

import dev.leeway.train.RolloutSettings;
import java.util.Optional;
import picocli.CommandLine.Option;
import tools.jackson.databind.node.ObjectNode;

/** What of completions is not learned, or is learned less of; names are those of TRL where it has them. */
final class ShapingOptions {

    @Option(names = "--mask_truncated_completions", arity = "0..1", fallbackValue = "true", paramLabel = "BOOL",
        description = "learn nothing from completions that were cut off (default: false)")
    boolean maskTruncated;

    @Option(names = "--soft_punish_cache", paramLabel = "N",
        description = "tokens before --max_completion_length in which length costs reward, down to -1 at the limit, as in DAPO "
            + "(default: none)")
    Optional<Integer> softPunishCache = Optional.empty();

    @Option(names = "--max_redraws", paramLabel = "N",
        description = "draw other prompts in place of those whose completions are all worth the same, as in DAPO, at most so often a "
            + "rollout "
            + "(default: 0)")
    int maxRedraws;

    /** Reports values out of range. */
    void check(int maxCompletionLength, Problems problems) {
        softPunishCache.ifPresent(tokens -> problems.require(tokens > 0 && tokens <= maxCompletionLength,
            "--soft_punish_cache must be from 1 to --max_completion_length %d; got %d", maxCompletionLength, tokens));
        problems.require(maxRedraws >= 0, "--max_redraws must be at least 0; got %d", maxRedraws);
    }

    RolloutSettings.Shaping shaping(double topEntropyQuantile) {
        return new RolloutSettings.Shaping(maskTruncated, softPunishCache.orElse(0), maxRedraws, topEntropyQuantile);
    }

    /** Puts everything that decides numbers into an object, under the options' names. */
    void describe(ObjectNode json) {
        json.put("mask_truncated_completions", maskTruncated).put("soft_punish_cache", softPunishCache.orElse(0))
            .put("max_redraws", maxRedraws);
    }
}
