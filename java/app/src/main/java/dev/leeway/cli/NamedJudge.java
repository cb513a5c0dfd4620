package dev.leeway.cli;

import dev.leeway.judge.Judge;
import dev.leeway.judge.JudgeCounts;
import dev.leeway.judge.Question;
import java.util.List;

/**
 * A judge that is known and not open.
 *
 * @param id as it has when it is open
 */
record NamedJudge(String id) implements Judge {

    @Override
    public void ask(List<Question> questions, Sink sink) {
        throw new IllegalStateException("not open: " + id);
    }

    @Override
    public JudgeCounts counts() {
        return JudgeCounts.NONE;
    }

    @Override
    public void close() {
        // it holds nothing
    }
}
