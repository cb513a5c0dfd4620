package dev.leeway.cli;

import dev.leeway.LeewayException;
import dev.leeway.ffi.DType;
import dev.leeway.judge.CachedJudge;
import dev.leeway.judge.Judge;
import dev.leeway.judge.ParseForm;
import dev.leeway.judge.ParsePolicy;
import dev.leeway.judge.Template;
import dev.leeway.reward.JudgeReward;
import dev.leeway.tensor.Device;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import picocli.CommandLine.Option;
import tools.jackson.databind.node.ObjectNode;

/** Who the reward {@code judge} asks, what, and how an answer is read. */
final class JudgeOptions extends JudgeModelOptions {

    private static final String PARSE = "tag:score";

    @Option(names = "--judge_template", paramLabel = "FILE",
        description = "text of a question, with places {prompt}, {completion} and {COLUMN}; {{ and }} are braces")
    Optional<Path> template = Optional.empty();

    @Option(names = "--judge_parse", paramLabel = "FORM", description = "the reward in an answer: tag:NAME[:LEAST-MOST], the number in "
        + "<NAME>…</NAME>, from 0-10 unless said; last:LEAST-MOST, the last whole number; options:A,B,…, which of these, from 0 "
        + "(default: tag:score)")
    Optional<String> parse = Optional.empty();

    @Option(names = "--judge_model", paramLabel = "DIR|NAME",
        description = "a language model's directory, or with --judge_endpoint the model's name there")
    void name(String given) {
        model = Optional.ofNullable(given);
    }

    /** Reports what can be known to be wrong before anything is asked. */
    void check(boolean asked, Problems problems) {
        if (!asked) {
            problems.require(areAbsent() && template.isEmpty() && parse.isEmpty(),
                "--judge_… has no effect without judge in --reward_funcs; add it, or leave them out");
            return;
        }
        problems.require(model.isPresent(), "--judge_model is missing: name the directory of the model that judges, or its name at "
            + "--judge_endpoint");
        problems.require(template.isPresent(), "--judge_template is missing: name a file with the question, such as Rate this answer to "
            + "{prompt} from 0 to 10 in a <score> tag: {completion}");
        problems.check(() -> template.ifPresent(_ -> requireCompletion(readTemplate())));
        problems.check(this::policy);
        checkLimits(problems);
        model.ifPresent(name -> problems.check(() -> requireJudge(name)));
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

    /** The parts of a row that a question has places for, beside prompt and completion. */
    Set<String> reads() {
        return template.map(_ -> JudgeReward.reads(readTemplate())).orElse(Set.of());
    }

    /** The judge behind its cache; close it. */
    Judge open(Path output, int lanes, DType dtype, Device device) {
        var judge = open(model.orElseThrow(), lanes, dtype, device);
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
