package dev.leeway.eval.judged;

import dev.leeway.LeewayException;
import dev.leeway.eval.Answer;
import dev.leeway.eval.Benchmark;
import dev.leeway.eval.Card;
import dev.leeway.eval.Instruments;
import dev.leeway.eval.Request;
import dev.leeway.eval.Response;
import dev.leeway.eval.Score;
import dev.leeway.eval.Setting;
import dev.leeway.eval.Statistic;
import dev.leeway.eval.Row;
import dev.leeway.eval.Turn;
import dev.leeway.eval.Value;
import dev.leeway.judge.Question;
import dev.leeway.judge.Verdict;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

/** Answers that judges rate, each rating the mean over judges, and what follows from the ratings. */
final class Judged implements Benchmark<JudgedItem> {

    /** What follows from ratings. */
    interface Rule {

        /** The values of an answer whose ratings are these, by name. */
        SequencedMap<String, Value> values(Map<String, Rated> ratings);

        /** What all scores together say. */
        List<Statistic> summarise(List<Row<JudgedItem>> rows);
    }

    /**
     * A rating of an answer.
     *
     * @param value mean over judges
     * @param isAnswered whether a judge answered at all, in whatever way
     */
    record Rated(Value value, boolean isAnswered) {
    }

    private final Card card;
    private final List<JudgedItem> items;
    private final Request.Sampling sampling;
    private final List<Rating> ratings;
    private final Rule rule;

    Judged(Card card, List<JudgedItem> items, Request.Sampling sampling, List<Rating> ratings, Rule rule) {
        this.card = card;
        this.items = List.copyOf(items);
        this.sampling = sampling;
        this.ratings = List.copyOf(ratings);
        this.rule = rule;
    }

    @Override
    public Card card() {
        return card;
    }

    @Override
    public List<JudgedItem> items() {
        return items;
    }

    @Override
    public Needs needs() {
        return Needs.JUDGE;
    }

    @Override
    public Request request(JudgedItem item, Setting setting) {
        if (item.system().isPresent() && setting.prompt().system().isPresent()) {
            throw LeewayException.usage("benchmark %s: item %s has a system turn of its own, and the evaluation prompt %s would add "
                + "another; leave one of them out", card.id(), item.id(), setting.prompt().name());
        }
        var turns = new ArrayList<Turn>();
        item.system().ifPresent(content -> turns.add(Turn.system(content)));
        turns.add(Turn.user(item.prompt()));
        return new Request.Write(setting.prompt().around(turns), sampling);
    }

    @Override
    public List<Score> score(List<Answer<JudgedItem>> answers, Instruments instruments) {
        var questions = new ArrayList<Question>();
        for (var answer : answers) {
            Panel.written(answer.response()).ifPresent(text -> ratings.forEach(rating ->
                questions.add(rating.ask(answer.item().prompt(), text, instruments.seed(answer)))));
        }
        var verdicts = Panel.ask(questions, instruments.judges()).iterator();
        var scores = new ArrayList<Score>();
        for (var answer : answers) {
            var rated = new LinkedHashMap<String, Rated>();
            var grades = new ArrayList<Score.Grade>();
            for (var rating : ratings) {
                rated.put(rating.name(), answer.response() instanceof Response.Unable(String reason)
                    ? new Rated(Value.missing(reason), false) : rated(rating, verdicts.next(), instruments, grades));
            }
            scores.add(new Score(rule.values(rated), grades));
        }
        return scores;
    }

    private static Rated rated(Rating rating, List<Verdict> verdicts, Instruments instruments, List<Score.Grade> grades) {
        var values = verdicts.stream().map(rating.scale()::read).toList();
        for (int j = 0; j < values.size(); j++) {
            grades.add(new Score.Grade(rating.name(), "", instruments.judges().get(j).id(), values.get(j),
                Panel.said(verdicts.get(j))));
        }
        return new Rated(Panel.mean(values), verdicts.stream().anyMatch(Verdict.Given.class::isInstance));
    }

    @Override
    public List<Statistic> summarise(List<Row<JudgedItem>> rows) {
        return rule.summarise(rows);
    }
}
