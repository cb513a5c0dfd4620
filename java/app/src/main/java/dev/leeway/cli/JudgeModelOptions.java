package dev.leeway.cli;

import dev.leeway.LeewayException;
import dev.leeway.ffi.DType;
import dev.leeway.judge.ApiKey;
import dev.leeway.judge.EndpointJudge;
import dev.leeway.judge.EndpointSettings;
import dev.leeway.judge.Judge;
import dev.leeway.model.ModelDirectory;
import dev.leeway.reward.LocalJudge;
import dev.leeway.tensor.Device;
import java.net.URI;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;
import picocli.CommandLine.Option;

/** Who judges, and what that may take. */
sealed class JudgeModelOptions permits JudgeOptions, EvalJudgeOptions {

    /** The environment variable that an endpoint's key is in. */
    static final String KEY = "LEEWAY_JUDGE_KEY";
    /** The file of answers. */
    static final String CACHE = "judge.jsonl";

    /** As {@code --judge_model} names it. */
    Optional<String> model = Optional.empty();

    @Option(names = "--judge_endpoint", paramLabel = "URL",
        description = "an OpenAI-compatible endpoint, such as https://host/v1; the key is taken from the environment variable "
            + "LEEWAY_JUDGE_KEY")
    Optional<URI> endpoint = Optional.empty();

    @Option(names = "--judge_cache", paramLabel = "FILE",
        description = "file of answers, so that nothing is asked twice (default: judge.jsonl in --output_dir)")
    Optional<Path> cache = Optional.empty();

    @Option(names = "--judge_max_tokens", paramLabel = "N", description = "tokens an answer has at most (default: 512)")
    Optional<Integer> maxTokens = Optional.empty();

    @Option(names = "--judge_max_length", paramLabel = "N",
        description = "tokens of a question and its answer that a judge of a directory has room for (default: 2048)")
    Optional<Integer> maxLength = Optional.empty();

    @Option(names = "--judge_budget_calls", paramLabel = "N",
        description = "calls of an endpoint, after which the run ends; it can go on (default: 100000)")
    Optional<Long> calls = Optional.empty();

    @Option(names = "--judge_budget_tokens", paramLabel = "N", description = "the same of tokens read and written (default: 50000000)")
    Optional<Long> tokens = Optional.empty();

    /** Whether none of these was given. */
    boolean areAbsent() {
        return Stream.of(model, endpoint, cache, maxTokens, maxLength, calls, tokens).allMatch(Optional::isEmpty);
    }

    /** Reports contradictions of these, whoever judges. */
    void checkLimits(Problems problems) {
        problems.require(endpoint.isEmpty() || maxLength.isEmpty(), "--judge_max_length has no effect with --judge_endpoint");
        problems.require(endpoint.isPresent() || calls.isEmpty() && tokens.isEmpty(),
            "--judge_budget_… has no effect without --judge_endpoint");
        problems.require(calls.orElse(1L) > 0 && tokens.orElse(1L) > 0, "--judge_budget_calls and --judge_budget_tokens must be positive");
    }

    /** Refuses a name or folder that nothing can be asked of. */
    void requireJudge(String name) {
        if (endpoint.isPresent()) {
            settings(name);
            return;
        }
        size(1);
        if (ModelDirectory.open(Path.of(name)).config().isClassifier()) {
            throw LeewayException.usage("--judge_model %s is a reward model and says nothing; name a language model's directory (in "
                + "--reward_funcs a reward model is model:%s)", name, name);
        }
    }

    private EndpointSettings settings(String name) {
        return new EndpointSettings(endpoint.orElseThrow(), name, new EndpointSettings.Answers(0, maxTokens.orElse(512)),
            EndpointSettings.Calls.DEFAULT, new EndpointSettings.Budget(calls.orElse(100_000L), tokens.orElse(50_000_000L)));
    }

    LocalJudge.Size size(int lanes) {
        return new LocalJudge.Size(maxLength.orElse(2048), maxTokens.orElse(512), lanes);
    }

    /** Whether it takes memory here. */
    boolean isLocal() {
        return model.isPresent() && endpoint.isEmpty();
    }

    /** The id that the judge has when it is open. */
    String id(String name, int lanes, DType dtype) {
        return endpoint.isPresent() ? EndpointJudge.id(settings(name)) : LocalJudge.id(Path.of(name), size(lanes), dtype);
    }

    /** The judge without a cache; close it. */
    Judge open(String name, int lanes, DType dtype, Device device) {
        return endpoint.isPresent() ? new EndpointJudge(settings(name), ApiKey.from(System.getenv(), KEY))
            : LocalJudge.open(Path.of(name), size(lanes), dtype, device);
    }
}
