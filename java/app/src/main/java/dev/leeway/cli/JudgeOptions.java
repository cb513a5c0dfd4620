package dev.leeway.cli;

import dev.leeway.LeewayException;
import dev.leeway.ffi.DType;
import dev.leeway.judge.ApiKey;
import dev.leeway.judge.CachedJudge;
import dev.leeway.judge.EndpointJudge;
import dev.leeway.judge.EndpointSettings;
import dev.leeway.judge.Judge;
import dev.leeway.judge.ParseForm;
import dev.leeway.judge.ParsePolicy;
import dev.leeway.judge.Template;
import dev.leeway.model.ModelDirectory;
import dev.leeway.reward.JudgeReward;
import dev.leeway.reward.LocalJudge;
import dev.leeway.tensor.Device;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import picocli.CommandLine.Option;
import tools.jackson.databind.node.ObjectNode;

/** Who the reward {@code judge} asks, what, and how an answer is read. */
final class JudgeOptions {

    /** The environment variable that an endpoint's key is in. */
    static final String KEY = "LEEWAY_JUDGE_KEY";
    private static final String CACHE = "judge.jsonl";
    private static final String PARSE = "tag:score";

    @Option(names = "--judge_model", paramLabel = "DIR|NAME",
        description = "a language model's directory, or with --judge_endpoint the model's name there")
    Optional<String> model = Optional.empty();

    @Option(names = "--judge_endpoint", paramLabel = "URL",
        description = "an OpenAI-compatible endpoint, such as https://host/v1; the key is taken from the environment variable "
            + "LEEWAY_JUDGE_KEY")
    Optional<URI> endpoint = Optional.empty();

    @Option(names = "--judge_template", paramLabel = "FILE",
        description = "text of a question, with places {prompt}, {completion} and {COLUMN}; {{ and }} are braces")
    Optional<Path> template = Optional.empty();

    @Option(names = "--judge_parse", paramLabel = "FORM", description = "the reward in an answer: tag:NAME[:LEAST-MOST], the number in "
        + "<NAME>…</NAME>, from 0-10 unless said; last:LEAST-MOST, the last whole number; options:A,B,…, which of these, from 0 "
        + "(default: tag:score)")
    Optional<String> parse = Optional.empty();

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

    /** Reports what can be known to be wrong before anything is asked. */
    void check(boolean asked, Problems problems) {
        if (!asked) {
            problems.require(Stream.of(model, endpoint, template, parse, cache, maxTokens, maxLength, calls, tokens)
                .allMatch(Optional::isEmpty), "--judge_… has no effect without judge in --reward_funcs; add it, or leave them out");
            return;
        }
        problems.require(model.isPresent(), "--judge_model is missing: name the directory of the model that judges, or its name at "
            + "--judge_endpoint");
        problems.require(template.isPresent(), "--judge_template is missing: name a file with the question, such as Rate this answer to "
            + "{prompt} from 0 to 10 in a <score> tag: {completion}");
        problems.check(() -> template.ifPresent(_ -> requireCompletion(readTemplate())));
        problems.check(this::policy);
        problems.require(endpoint.isEmpty() || maxLength.isEmpty(), "--judge_max_length has no effect with --judge_endpoint");
        problems.require(endpoint.isPresent() || calls.isEmpty() && tokens.isEmpty(),
            "--judge_budget_… has no effect without --judge_endpoint");
        problems.require(calls.orElse(1L) > 0 && tokens.orElse(1L) > 0, "--judge_budget_calls and --judge_budget_tokens must be positive");
        model.ifPresent(_ -> problems.check(this::requireJudge));
    }

    private void requireJudge() {
        if (endpoint.isPresent()) {
            settings();
            return;
        }
        size(1);
        if (ModelDirectory.open(folder()).config().isClassifier()) {
            throw LeewayException.usage("--judge_model %s is a reward model and says nothing; name it as model:%s in --reward_funcs",
                folder(), folder());
        }
    }

    private void requireCompletion(Template read) {
        if (!JudgeReward.asksOfCompletions(read)) {
            throw LeewayException.usage("--judge_template: %s has no place {completion}, so it asks the same of all completions of a "
                + "prompt; add it", template.orElseThrow());
        }
    }

    private Template readTemplate() {
        var file = template.orElseThrow();
        try {
            return Template.of(Files.readString(file));
        } catch (IOException unreadable) {
            throw LeewayException.data(unreadable, "--judge_template: %s cannot be read as UTF-8 text: %s", file,
                unreadable.getMessage());
        } catch (LeewayException wrong) {
            throw LeewayException.usage("--judge_template: %s: %s", file, wrong.getMessage());
        }
    }

    private ParsePolicy policy() {
        return ParseForm.parse(parse.orElse(PARSE));
    }

    private Path folder() {
        return Path.of(model.orElseThrow());
    }

    private EndpointSettings settings() {
        return new EndpointSettings(endpoint.orElseThrow(), model.orElseThrow(), new EndpointSettings.Answers(0, maxTokens.orElse(512)),
            EndpointSettings.Calls.DEFAULT, new EndpointSettings.Budget(calls.orElse(100_000L), tokens.orElse(50_000_000L)));
    }

    private LocalJudge.Size size(int lanes) {
        return new LocalJudge.Size(maxLength.orElse(2048), maxTokens.orElse(512), lanes);
    }

    /** The parts of a row that a question has places for, beside prompt and completion. */
    Set<String> reads() {
        return template.map(_ -> JudgeReward.reads(readTemplate())).orElse(Set.of());
    }

    /** Whether it takes memory here. */
    boolean isLocal() {
        return model.isPresent() && endpoint.isEmpty();
    }

    /** The judge behind its cache; close it. */
    Judge open(Path output, int lanes, DType dtype, Device device) {
        Judge judge = endpoint.isPresent() ? new EndpointJudge(settings(), ApiKey.from(System.getenv(), KEY))
            : LocalJudge.open(folder(), size(lanes), dtype, device);
        try {
            return new CachedJudge(judge, cache.orElse(output.resolve(CACHE)));
        } catch (Throwable failure) {
            judge.close();
            throw failure;
        }
    }

    /** What completions are worth by a judge. */
    JudgeReward reward(Judge judge) {
        return new JudgeReward(judge, readTemplate(), policy());
    }

    /** Puts everything that decides numbers into an object, under the options' names; the judge itself is named by its id. */
    void describe(ObjectNode json) {
        json.put("judge_template", readTemplate().hash()).put("judge_parse", policy().id());
        if (isLocal()) {
            json.put("judge_max_length", size(1).maxLength());
        }
    }
}
