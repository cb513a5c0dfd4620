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
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What a {@code metrics.jsonl} tells.
 *
 * @param steps one a step, in order
 * @param evaluations in order
 */
record Metrics(List<Step> steps, List<Evaluated> evaluations) {

    /** The step's number, its loss, what the loss counts beside those of other steps, and the tokens of all batches so far. */
    record Step(int number, double loss, long weight, long tokensSoFar) {
    }

    /** What the loss of a step is a mean over. */
    enum Mean {
        /** Its trained tokens: a step with more of them counts more. */
        OF_TOKENS,
        /** Its rows: all steps count the same, as with transformers. */
        OF_ROWS
    }

    /** What an evaluation behind so many steps said of rows that were not trained on, {@code eval_loss} and others, by name. */
    record Evaluated(int step, SortedMap<String, Double> values) {

        double loss() {
            return values.get(LOSS);
        }
    }

    private static final String LOSS = "eval_loss";

    static Metrics read(Path file, Mean mean) {
        var metrics = new Metrics(new ArrayList<>(), new ArrayList<>());
        try (var lines = Files.lines(file)) {
            lines.map(line -> JsonFile.parse(file.toString(), line)).forEach(line -> metrics.add(line, mean));
        } catch (IOException unreadable) {
            throw LeewayException.resources(unreadable, "cannot read %s: %s", file, unreadable.getMessage());
        }
        return metrics;
    }

    private void add(JsonObject line, Mean mean) {
        if (line.has("loss")) {
            steps.add(new Step(line.requireInt("step"), line.requireDouble("loss"),
                mean == Mean.OF_TOKENS ? line.requireLong("num_trained_tokens") : 1, line.requireLong("num_tokens")));
        } else if (line.has(LOSS)) {
            var values = new TreeMap<String, Double>();
            line.names().stream().filter(name -> name.startsWith("eval_")).forEach(name -> values.put(name, line.requireDouble(name)));
            evaluations.add(new Evaluated(line.requireInt("step"), values));
        }
    }

    /** Tokens of all batches. */
    long tokens() {
        return steps.isEmpty() ? 0 : steps.getLast().tokensSoFar();
    }

    /** Mean loss of the run. */
    double meanLoss() {
        return mean(steps);
    }

    private static double mean(List<Step> steps) {
        return steps.stream().mapToDouble(step -> step.loss() * step.weight()).sum()
            / steps.stream().mapToLong(Step::weight).sum();
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
