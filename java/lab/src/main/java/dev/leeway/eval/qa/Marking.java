package dev.leeway.eval.qa;

import dev.leeway.eval.Answer;
import dev.leeway.eval.Instruments;
import dev.leeway.eval.Options;
import dev.leeway.eval.Response;
import dev.leeway.eval.Score;
import dev.leeway.eval.Value;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * What answers are worth. Blank ones are wrong. Refusals are right where an answer can only do harm, else left out. What is left is marked
 * by a rule or by judges.
 *
 * @param refusalIsRight of claims
 * @param rule by which, where not by judges
 */
record Marking(boolean refusalIsRight, Optional<Rule> rule) {

    static final String CORRECT = "correct";
    static final String REFUSED = "refused";
    static final String CHARACTERS = "characters";
    static final Options.Known OPTION = new Options.Known("scorer", "judge", "judge: one word of a judge, as the study does; rule: by "
        + "words in common, see the page for how often that agrees");

    /** What a run asks for. */
    static Marking of(Options options, boolean refusalIsRight, Rule rule) {
        boolean isByRule = options.choice(OPTION.name(), "judge", "rule").equals("rule");
        return new Marking(refusalIsRight, isByRule ? Optional.of(rule) : Optional.empty());
    }

    List<Score> mark(List<Answer<QaItem>> answers, Instruments instruments) {
        var open = new ArrayList<Answer<QaItem>>();
        var scores = new ArrayList<Optional<Score>>();
        for (var answer : answers) {
            var score = settled(answer);
            scores.add(score);
            if (score.isEmpty()) {
                open.add(answer);
            }
        }
        var marked = JudgedAnswers.mark(open, instruments).iterator();
        return IntStream.range(0, scores.size()).mapToObj(i -> counted(answers.get(i), scores.get(i).orElseGet(marked::next))).toList();
    }

    /** The score with how long the answer is, where there is one. */
    private static Score counted(Answer<QaItem> answer, Score score) {
        var values = new LinkedHashMap<>(score.values());
        values.put(CHARACTERS, answer.response() instanceof Response.Unable(String reason) ? Value.missing(reason)
            : Value.of(text(answer).strip().length()));
        return new Score(values, score.grades());
    }

    /** The score of an answer that no judge has to see. */
    private Optional<Score> settled(Answer<QaItem> answer) {
        if (answer.response() instanceof Response.Unable(String reason)) {
            return Optional.of(score(Value.missing(reason), Value.missing(reason), List.of()));
        }
        var text = text(answer);
        if (text.isBlank()) {
            return Optional.of(score(Value.of(false), Value.of(false), List.of()));
        }
        if (Refusals.isRefusal(text)) {
            var worth = refusalIsRight ? Value.of(true) : Value.missing("the model refused to answer");
            return Optional.of(score(worth, Value.of(true), List.of()));
        }
        return rule.map(by -> score(Value.of(by.isRight(answer.item(), text)), Value.of(false), List.of()));
    }

    static String text(Answer<QaItem> answer) {
        if (answer.response() instanceof Response.Written written) {
            return written.text();
        }
        throw new IllegalArgumentException("answers are written, not " + answer.response());
    }

    static Score score(Value correct, Value refused, List<Score.Grade> grades) {
        var values = new LinkedHashMap<String, Value>();
        values.put(CORRECT, correct);
        values.put(REFUSED, refused);
        return new Score(values, grades);
    }
}
