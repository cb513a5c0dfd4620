package dev.leeway.eval.rubric;

import dev.leeway.eval.Answer;
import dev.leeway.eval.Benchmark;
import dev.leeway.eval.Card;
import dev.leeway.eval.Instruments;
import dev.leeway.eval.Request;
import dev.leeway.eval.Response;
import dev.leeway.eval.Row;
import dev.leeway.eval.Score;
import dev.leeway.eval.Setting;
import dev.leeway.eval.Statistic;
import dev.leeway.eval.Value;
import dev.leeway.eval.judged.Panel;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Answers held against the dimensions of their questions, after Inspect Evals' {@code ahb} and {@code moru}. With grade z of grader g for
 * dimension d under assignment a of item i: s(i,d) is the mean over a of the means over g of z, and an item is worth
 * Σ_d w_d s(i,d) / Σ_d w_d, over those of its dimensions that have a grade.
 */
public final class Rubric implements Benchmark<RubricItem> {

    /** The headline: what an item is worth. */
    static final String OVERALL = "overall_mean";
    /** What measures of single dimensions begin with. */
    static final String DIMENSION = "avg_by_dimension/";

    private final Card card;
    private final List<RubricItem> items;
    private final RubricJudging judging;
    private final Request.Sampling sampling;

    Rubric(Card card, List<RubricItem> items, RubricJudging judging, Request.Sampling sampling) {
        this.card = card;
        this.items = List.copyOf(items);
        this.judging = judging;
        this.sampling = sampling;
    }

    @Override
    public Card card() {
        return card;
    }

    @Override
    public List<RubricItem> items() {
        return items;
    }

    @Override
    public Needs needs() {
        return Needs.JUDGE;
    }

    @Override
    public Request request(RubricItem item, Setting setting) {
        return new Request.Write(setting.prompt().around(item.question()), sampling);
    }

    @Override
    public List<Score> score(List<Answer<RubricItem>> answers, Instruments instruments) {
        var asks = new ArrayList<RubricJudging.Ask>();
        for (int a = 0; a < answers.size(); a++) {
            int number = a;
            var answer = answers.get(a);
            long seed = instruments.seed(answer);
            Panel.written(answer.response()).ifPresent(text -> asks.addAll(judging.asks(number, answer.item(), text, seed)));
        }
        var grades = judging.grades(answers.size(), asks, instruments.judges());
        var scores = new ArrayList<Score>();
        for (int a = 0; a < answers.size(); a++) {
            var answer = answers.get(a);
            scores.add(answer.response() instanceof Response.Unable(String reason) ? unable(answer.item(), reason)
                : score(answer.item(), grades.get(a)));
        }
        return scores;
    }

    private static Score unable(RubricItem item, String reason) {
        var values = new LinkedHashMap<String, Value>();
        values.put(OVERALL, Value.missing(reason));
        item.weights().keySet().forEach(name -> values.put(DIMENSION + name, Value.missing(reason)));
        return new Score(values, List.of());
    }

    /** What grades say of an item. */
    static Score score(RubricItem item, List<Score.Grade> grades) {
        var values = new LinkedHashMap<String, Value>();
        values.put(OVERALL, Value.missing("no dimension has a grade"));
        double sum = 0;
        double weights = 0;
        for (var dimension : item.weights().entrySet()) {
            var byAssignment = grades.stream().filter(grade -> grade.of().equals(dimension.getKey())).collect(Collectors.groupingBy(
                Score.Grade::variant, LinkedHashMap::new, Collectors.mapping(Score.Grade::value, Collectors.toList())));
            var value = Panel.mean(byAssignment.values().stream().map(Panel::mean).toList());
            values.put(DIMENSION + dimension.getKey(), value);
            if (value instanceof Value.Given(double number)) {
                sum += dimension.getValue() * number;
                weights += dimension.getValue();
            }
        }
        if (weights > 0) {
            values.put(OVERALL, Value.of(sum / weights));
        }
        return new Score(values, grades);
    }

    @Override
    public List<Statistic> summarise(List<Row<RubricItem>> rows) {
        return RubricSummary.of(rows);
    }
}
