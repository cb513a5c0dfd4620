package dev.leeway.eval.rule;

import dev.leeway.eval.Answer;
import dev.leeway.eval.Item;
import dev.leeway.eval.Options;
import dev.leeway.eval.Request.Sampling;
import dev.leeway.eval.Response.Unable;
import dev.leeway.eval.Response.Written;
import dev.leeway.eval.Score;
import dev.leeway.eval.Value;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.function.BiFunction;

/** What rules have in common. */
final class Scoring {

    private Scoring() {
    }

    /** The options that say how answers are drawn. */
    static List<Options.Known> drawing(String temperature, int mostTokens) {
        return List.of(new Options.Known("temperature", temperature, "0 = the most probable token"),
            new Options.Known("max_new_tokens", Integer.toString(mostTokens), "tokens an answer has at most"));
    }

    /** What the options of {@link #drawing} say. */
    static Sampling sampling(Options options) {
        return Sampling.at(options.number("temperature", 0, 100), options.count("max_new_tokens", 1, 1 << 20));
    }

    /** One score an answer. */
    static <I extends Item> List<Score> each(List<Answer<I>> answers, List<String> measures, BiFunction<I, Written, Score> rule) {
        return answers.stream().map(answer -> one(answer, measures, rule)).toList();
    }

    /** The score of an answer by a rule; missing where there is none. */
    static <I extends Item> Score one(Answer<I> answer, List<String> measures, BiFunction<I, Written, Score> rule) {
        return switch (answer.response()) {
            case Written written -> rule.apply(answer.item(), written);
            case Unable unable -> missing(measures, unable.reason());
            case Object other -> throw new IllegalArgumentException("a text was asked for, not " + other);
        };
    }

    /** Values of measures, in their order. */
    static Score score(List<String> measures, Value... values) {
        var score = new LinkedHashMap<String, Value>();
        for (int m = 0; m < measures.size(); m++) {
            score.put(measures.get(m), values[m]);
        }
        return new Score(score, List.of());
    }

    /** All of them missing. */
    static Score missing(List<String> measures, String reason) {
        var score = new LinkedHashMap<String, Value>();
        measures.forEach(measure -> score.put(measure, Value.missing(reason)));
        return new Score(score, List.of());
    }
}
