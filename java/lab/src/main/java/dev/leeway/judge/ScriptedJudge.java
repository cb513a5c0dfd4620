package dev.leeway.judge;

import java.util.List;
import java.util.function.Function;

/** A judge that follows a rule instead of a model: for tests, and for runs whose judgements must cost nothing. */
public final class ScriptedJudge implements Judge {

    private final String id;
    private final Function<Question, Verdict> rule;
    private JudgeCounts counts = JudgeCounts.NONE;

    /**
     * A judge by a rule.
     *
     * @param id names the rule; other rules have other names
     * @param rule the verdict on a question: a pure function
     */
    public ScriptedJudge(String id, Function<Question, Verdict> rule) {
        this.id = "scripted:" + id;
        this.rule = rule;
    }

    /** A judge that gives every question the same text. */
    public static ScriptedJudge always(String text) {
        return new ScriptedJudge("always " + text, _ -> Verdict.Given.of(text));
    }

    @Override
    public String id() {
        return id;
    }

    @Override
    public void ask(List<Question> questions, Sink sink) {
        for (int q = 0; q < questions.size(); q++) {
            var verdict = rule.apply(questions.get(q));
            synchronized (this) {
                counts = counts.answered(verdict);
            }
            sink.answered(q, verdict);
        }
    }

    @Override
    public synchronized JudgeCounts counts() {
        return counts;
    }

    @Override
    public void close() {
    }
}
