package dev.leeway.cli.verify;

import dev.leeway.io.JsonObject;
import dev.leeway.model.Batch;
import dev.leeway.train.Trainer;
import java.util.List;
import java.util.function.ToLongFunction;

/**
 * The evaluation of a training case.
 *
 * @param trainer whose model is evaluated
 * @param rows a batch for each row
 * @param gates how far off it may be
 * @param checks where the comparisons go
 */
record TrainingEvaluation(Trainer trainer, List<Batch> rows, TrainingGates gates, Checks checks) {

    void compare(String when, JsonObject expected) {
        var report = trainer.evaluate(rows);
        checks.absolute("evaluation " + when, report.loss(), expected.requireDouble("loss"), gates.loss());
        expected.optionalLong("tokens").ifPresent(tokens -> checks.same("evaluation tokens " + when, trainedTokens(), tokens));
        gates.evaluation(" of evaluation " + when, report.metrics(), expected, checks);
        expected.optionalDoubles("row_loss").ifPresent(losses -> rows(when, losses, row -> 1));
        expected.optionalDoubles("row_nll").ifPresent(losses -> rows(when, losses, row -> row.objectiveTargets().trainedTokens()));
    }

    private long trainedTokens() {
        return rows.stream().mapToLong(row -> row.objectiveTargets().trainedTokens()).sum();
    }

    /** Every row alone; what the case stores of it is its loss times {@code count}, 0 where nothing of it is trained. */
    private void rows(String when, List<Double> losses, ToLongFunction<Batch> count) {
        checks.same("evaluated rows " + when, rows.size(), losses.size());
        for (int i = 0; i < Math.min(rows.size(), losses.size()); i++) {
            var row = rows.get(i);
            boolean isTrained = row.objectiveTargets().trainedTokens() > 0;
            checks.absolute("row " + i + " of evaluation " + when,
                isTrained ? trainer.evaluate(List.of(row)).loss() * count.applyAsLong(row) : 0, losses.get(i),
                gates.loss() * Math.max(1, count.applyAsLong(row)));
        }
    }
}
