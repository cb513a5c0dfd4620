package dev.leeway.cli;

import dev.leeway.LeewayException;
import dev.leeway.reward.ModelReward;
import dev.leeway.reward.RewardName;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.Collectors;
import picocli.CommandLine.Option;
import tools.jackson.databind.node.ObjectNode;

/** What completions are worth; names are those of TRL. */
final class RewardFunctionOptions {

    @Option(names = "--reward_funcs", paramLabel = "NAME[,NAME…]", hideParamSyntax = true,
        description = "gsm8k: the final number is that of the column answer; format: <think>…</think> and something behind it; "
            + "regex:PATTERN; length: the shorter the better; length:TOKENS: the nearer the better; language:CODE, such as es; capitals: "
            + "their share; tests: the share of the column tests that holds about a completion's Python, in a sandbox; model:DIR: a "
            + "reward model's score; judge: the number in a judge's answer (--judge_model, --judge_template)")
    Optional<String> names = Optional.empty();

    @Option(names = "--reward_weights", paramLabel = "W[,W…]", split = ",", hideParamSyntax = true,
        description = "what they are multiplied with before they are added (default: 1 each)")
    List<Double> weights = List.of();

    /** Reports names that stand for nothing, and weights that do not fit them. */
    void check(int maxCompletionLength, Problems problems) {
        problems.require(names.isPresent(), "--reward_funcs is missing: name what completions are worth, such as gsm8k");
        var own = new Problems();
        own.check(() -> names().forEach(name -> name.check(maxCompletionLength)));
        var models = new TreeSet<String>();
        own.check(() -> names().stream().flatMap(name -> name.model().stream()).map(ModelReward::nameOf)
            .filter(name -> !models.add(name)).distinct().forEach(name -> problems.add("--reward_funcs has two rewards that metrics would "
                + "call " + name + "; rename one of the folders")));
        problems.addAll(own);
        if (own.isEmpty() && names.isPresent()) {
            problems.require(weights.isEmpty() || weights.size() == names().size(),
                "--reward_weights has %d weights for %d rewards in --reward_funcs; give one for each", weights.size(), names().size());
        }
        weights.forEach(weight -> problems.require(Double.isFinite(weight), "--reward_weights must be numbers; got %s", weight));
    }

    /** Whether a judge is asked; names that stand for nothing name none. */
    boolean asksJudge() {
        try {
            return names().stream().anyMatch(name -> name.kind() == RewardName.Kind.JUDGE);
        } catch (LeewayException reported) {
            return false;
        }
    }

    List<RewardName> names() {
        return names.map(RewardName::parse).orElse(List.of());
    }

    double[] weights() {
        return weights.stream().mapToDouble(Double::doubleValue).toArray();
    }

    /** For people. */
    String text() {
        return names().stream().map(RewardName::toString).collect(Collectors.joining(", ")) + (weights.isEmpty() ? "" : " × "
            + weights.stream().map(Figures::plain).collect(Collectors.joining(", ")));
    }

    /** Puts everything that decides numbers into an object, under the options' names. */
    void describe(ObjectNode json) {
        json.put("reward_funcs", names.orElse("")).put("reward_weights", weights.toString());
    }
}
