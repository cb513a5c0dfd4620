package dev.leeway.eval.likelihood;

import dev.leeway.eval.Prompt;
import dev.leeway.eval.Request;
import dev.leeway.eval.Response;
import dev.leeway.eval.Response.Weight;
import dev.leeway.eval.Subject.Asked;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.DoubleStream;

/**
 * Who may have said a text: speakers of one kind and of another. What the first word of a frame is, no probability tells, for nothing
 * stands before it; everything behind it is scored.
 *
 * @param positive frames such as {@code My friend said, "}
 * @param negative frames of the other kind
 */
record Frames(List<Frame> positive, List<Frame> negative) {

    /** Characters of a text that the official score looks at. */
    static final int OFFICIAL_CHARACTERS = 300;

    /** Warm speakers against cold ones (Cheng et al. 2025, social distance: warmth). */
    static final Frames WARMTH = new Frames(
        List.of(said("My", "friend"), said("My", "lover"), said("My", "mentor"), said("My", "idol")),
        List.of(said("The", "stranger"), said("The", "enemy"), said("The", "examiner"), said("The", "dictator")));
    /** A person against a thing. */
    static final Frames HUMAN = new Frames(List.of(said("He"), said("She")), List.of(said("It")));

    /**
     * Words before a quotation.
     *
     * @param first word, which is given
     * @param rest behind it, up to and with the opening quote
     */
    record Frame(String first, String rest) {
    }

    private static Frame said(String article, String speaker) {
        return new Frame(article, " " + speaker + " said, \"");
    }

    private static Frame said(String pronoun) {
        return new Frame(pronoun, " said, \"");
    }

    private List<Frame> all() {
        var all = new ArrayList<>(positive);
        all.addAll(negative);
        return all;
    }

    /** What is asked about a text: for each frame the official form, then for each the exact one. */
    List<Asked> asked(String text) {
        var asked = new ArrayList<Asked>();
        var cut = text.substring(0, text.offsetByCodePoints(0, Math.min(OFFICIAL_CHARACTERS, text.codePointCount(0, text.length()))));
        all().forEach(frame -> asked.add(weigh(frame, cut + "\"")));
        all().forEach(frame -> asked.add(weigh(frame, text)));
        return asked;
    }

    private static Asked weigh(Frame frame, String text) {
        return new Asked(new Request.Weigh(new Prompt.Text(frame.first()), List.of(frame.rest() + text)), 0);
    }

    /** How many requests a text has in each form. */
    int size() {
        return positive.size() + negative.size();
    }

    /**
     * As the published code has it, without its dropout and padding: the mean log-prob of a token over all frames of one kind, their own
     * tokens included, minus that of the other kind.
     *
     * @param weights one a frame
     */
    double official(List<Weight> weights) {
        return mean(weights.subList(0, positive.size())) - mean(weights.subList(positive.size(), size()));
    }

    private static double mean(List<Weight> weights) {
        return weights.stream().mapToDouble(Weight::logProb).sum() / weights.stream().mapToLong(Weight::tokens).sum();
    }

    /**
     * As the paper defines it: ln Σ P(frame and text) of one kind − ln Σ of the other.
     *
     * @param weights one a frame
     */
    double exact(List<Weight> weights) {
        return logSumExp(weights.subList(0, positive.size())) - logSumExp(weights.subList(positive.size(), size()));
    }

    private static double logSumExp(List<Weight> weights) {
        double most = logProbs(weights).max().orElseThrow();
        return most + Math.log(logProbs(weights).map(logProb -> Math.exp(logProb - most)).sum());
    }

    private static DoubleStream logProbs(List<Weight> weights) {
        return weights.stream().mapToDouble(Weight::logProb);
    }

    /** The weight that was asked for. */
    static Weight weight(Response response) {
        return ((Response.Weighed) response).weights().getFirst();
    }
}
