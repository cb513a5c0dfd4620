package dev.leeway.eval.choice;

import dev.leeway.eval.Response;
import dev.leeway.eval.Score;
import dev.leeway.eval.Value;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;

/**
 * Which option a model prefers. An option is preferred if it has more than every other one: of two equal ones none is, so a model that
 * finds all equally probable is right nowhere, whatever their order.
 *
 * @param options as texts, without the blank before them
 * @param weights one an option
 */
public record Preference(List<String> options, List<Response.Weight> weights) {

    /** Share of items whose right option has the greatest log-prob: {@code acc} of lm-evaluation-harness. */
    public static final String ACC = "acc";
    /** The same with log-probs divided by the options' lengths in characters: {@code acc_norm}. */
    public static final String ACC_NORM = "acc_norm";

    /** Checks that each option has its weight. */
    public Preference {
        if (options.size() != weights.size()) {
            throw new IllegalArgumentException(options.size() + " options have " + weights.size() + " weights");
        }
    }

    /** What a model made of some options. */
    public static Preference of(List<String> options, Response response) {
        if (!(response instanceof Response.Weighed weighed)) {
            throw new IllegalArgumentException("options are weighed, not answered with " + response);
        }
        return new Preference(options, weighed.weights());
    }

    /** Whether it prefers this one by ln p. */
    public boolean isFor(int option) {
        return isGreatest(option, this::logProb);
    }

    /** Whether it prefers this one by ln p a character. */
    public boolean isForByLength(int option) {
        return isGreatest(option, at -> logProb(at) / Math.max(1, options.get(at).codePointCount(0, options.get(at).length())));
    }

    private double logProb(int option) {
        return weights.get(option).logProb();
    }

    private boolean isGreatest(int option, IntToDoubleFunction weight) {
        double own = weight.applyAsDouble(option);
        return IntStream.range(0, options.size()).filter(at -> at != option).allMatch(at -> own > weight.applyAsDouble(at));
    }

    /**
     * {@link #ACC} and {@link #ACC_NORM} of an answer; both missing where the model was unable to give one.
     *
     * @param right the place of the right option
     */
    public static Score score(List<String> options, int right, Response response) {
        var values = new LinkedHashMap<String, Value>();
        if (response instanceof Response.Unable(String reason)) {
            values.put(ACC, Value.missing(reason));
            values.put(ACC_NORM, Value.missing(reason));
        } else {
            var preference = of(options, response);
            values.put(ACC, Value.of(preference.isFor(right)));
            values.put(ACC_NORM, Value.of(preference.isForByLength(right)));
        }
        return new Score(values, List.of());
    }
}
