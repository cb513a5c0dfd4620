package dev.leeway.eval.judged;

import dev.leeway.eval.Response;
import dev.leeway.eval.Value;
import dev.leeway.judge.Judge;
import dev.leeway.judge.ParsePolicy;
import dev.leeway.judge.Question;
import dev.leeway.judge.Reading;
import dev.leeway.judge.Verdict;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/** Several judges, who are all asked everything. Numbers are averaged; outcomes, which are 0 or 1, are what most say. */
public final class Panel {

    private Panel() {
    }

    /** What each judge says: one list a question, in it one verdict a judge. */
    public static List<List<Verdict>> ask(List<Question> questions, List<Judge> judges) {
        var byQuestion = new ArrayList<List<Verdict>>();
        questions.forEach(_ -> byQuestion.add(new ArrayList<>()));
        for (var judge : judges) {
            var verdicts = judge.ask(questions);
            for (int q = 0; q < questions.size(); q++) {
                byQuestion.get(q).add(verdicts.get(q));
            }
        }
        return byQuestion;
    }

    /** The number that a rule reads. */
    public static Value read(ParsePolicy policy, Verdict verdict) {
        return switch (policy.read(verdict)) {
            case Reading.Value(double number) -> Value.of(number);
            case Reading.Missing(String reason) -> Value.missing(reason);
        };
    }

    /** What a judge wrote, as it came; empty where it gave no answer. */
    public static String said(Verdict verdict) {
        return verdict instanceof Verdict.Given given ? given.text() : "";
    }

    /** The mean of the numbers that there are; where there is none, missing for the first reason. */
    public static Value mean(List<Value> values) {
        var mean = values.stream().map(Value::asNumber).flatMapToDouble(OptionalDouble::stream).average();
        return mean.isPresent() ? Value.of(mean.getAsDouble())
            : values.stream().findFirst().orElseGet(() -> Value.missing("nobody was asked"));
    }

    /**
     * The outcome, 0 or 1, that most of the judges give who give one; where none does, missing for the first reason.
     *
     * @param tie why it is missing where as many say the one as the other
     */
    public static Value majority(List<Value> outcomes, String tie) {
        return switch (mean(outcomes)) {
            case Value.Given(double share) when share == 0.5 -> Value.missing(tie);
            case Value.Given(double share) -> Value.of(share > 0.5);
            case Value.Missing none -> none;
        };
    }

    /** What a model wrote; empty where it was not able to. */
    public static Optional<String> written(Response response) {
        return switch (response) {
            case Response.Written(String text, boolean _, int _) -> Optional.of(text);
            case Response.Unable _ -> Optional.empty();
            default -> throw new IllegalArgumentException("a text is judged, not " + response);
        };
    }
}
