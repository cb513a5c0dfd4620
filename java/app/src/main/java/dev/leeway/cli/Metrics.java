package dev.leeway.cli;

import dev.leeway.LeewayException;
import dev.leeway.io.JsonFile;
import dev.leeway.io.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * What a {@code metrics.jsonl} tells.
 *
 * @param steps one a step, in order
 * @param evaluations in order
 */
record Metrics(List<Step> steps, List<Evaluated> evaluations) {

    /** The step's number, its loss, and the tokens that the loss is a mean over. */
    record Step(int number, double loss, long trainedTokens, long tokensSoFar) {
    }

    /** The loss of rows that were not trained on, behind so many steps. */
    record Evaluated(int step, double loss) {
    }

    static Metrics read(Path file) {
        var metrics = new Metrics(new ArrayList<>(), new ArrayList<>());
        try (var lines = Files.lines(file)) {
            lines.map(line -> JsonFile.parse(file.toString(), line)).forEach(metrics::add);
        } catch (IOException unreadable) {
            throw LeewayException.resources(unreadable, "cannot read %s: %s", file, unreadable.getMessage());
        }
        return metrics;
    }

    private void add(JsonObject line) {
        if (line.has("loss")) {
            steps.add(new Step(line.requireInt("step"), line.requireDouble("loss"), line.requireLong("num_trained_tokens"),
                line.requireLong("num_tokens")));
        } else if (line.has("eval_loss")) {
            evaluations.add(new Evaluated(line.requireInt("step"), line.requireDouble("eval_loss")));
        }
    }

    /** Tokens of all batches. */
    long tokens() {
        return steps.isEmpty() ? 0 : steps.getLast().tokensSoFar();
    }

    /** Mean loss a trained token. */
    double meanLoss() {
        return mean(steps);
    }

    private static double mean(List<Step> steps) {
        return steps.stream().mapToDouble(step -> step.loss() * step.trainedTokens()).sum()
            / steps.stream().mapToLong(Step::trainedTokens).sum();
    }

    /** Single steps differ by their rows, so the ends are means over a tenth of the steps. */
    String summary() {
        int end = Math.max(1, steps.size() / 10);
        return String.format(Locale.ROOT, "%d steps, mean loss %s in the first %d → %s in the last %d", steps.size(),
            Figures.loss(mean(steps.subList(0, end))), end, Figures.loss(mean(steps.subList(steps.size() - end, steps.size()))), end)
            + (evaluations.isEmpty() ? "" : ", eval_loss " + Figures.loss(evaluations.getFirst().loss()) + " → "
                + Figures.loss(evaluations.getLast().loss()));
    }
}
