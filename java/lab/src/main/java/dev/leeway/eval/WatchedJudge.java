package dev.leeway.eval;

import dev.leeway.judge.Judge;
import dev.leeway.judge.JudgeCounts;
import dev.leeway.judge.Question;
import java.util.List;
import java.util.TreeSet;

/** A judge, and which templates it was asked with. Closing it closes nothing: the judge belongs to whoever made it. */
final class WatchedJudge implements Judge {

    private final Judge judge;
    private final TreeSet<String> templates = new TreeSet<>();

    WatchedJudge(Judge judge) {
        this.judge = judge;
    }

    @Override
    public String id() {
        return judge.id();
    }

    @Override
    public void ask(List<Question> questions, Sink sink) {
        synchronized (templates) {
            questions.forEach(question -> templates.add(question.template()));
        }
        judge.ask(questions, sink);
    }

    /** The hashes of the templates that it was asked with since it was asked this last. */
    List<String> takeTemplates() {
        synchronized (templates) {
            var taken = List.copyOf(templates);
            templates.clear();
            return taken;
        }
    }

    @Override
    public JudgeCounts counts() {
        return judge.counts();
    }

    @Override
    public void close() {
    }
}
