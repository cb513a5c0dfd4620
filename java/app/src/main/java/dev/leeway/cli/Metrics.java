package dev.leeway.cli;

import dev.leeway.LeewayException;
import dev.leeway.io.JsonFile;
import dev.leeway.io.JsonObject;
import dev.leeway.io.Nearest;
import dev.leeway.train.EarlyStopping;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;

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

    /**
     * What an evaluation behind so many steps said of rows that were not trained on, and of answers, {@code eval_loss} and others, by name;
     * what no answer had is no number.
     */
    record Evaluated(int step, SortedMap<String, Double> values) {

        /** The loss, or those of the names that rows have. */
        List<String> losses() {
            return values.containsKey(LOSS) ? List.of(LOSS) : values.keySet().stream().filter(name -> name.endsWith("_loss")).toList();
        }

        /** All others that are numbers. */
        List<String> others() {
            var losses = losses();
            return values.keySet().stream().filter(name -> !losses.contains(name) && Double.isFinite(values.get(name))).toList();
        }
    }

    private static final String LOSS = "eval_loss";
    private static final String EVAL = "eval_";

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
        } else if (line.names().stream().anyMatch(name -> name.startsWith(EVAL))) {
            var values = new TreeMap<String, Double>();
            line.names().stream().filter(name -> name.startsWith(EVAL)).forEach(name -> values.put(name,
                line.has(name) ? line.requireDouble(name) : Double.NaN));
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
            + (evaluations.isEmpty() ? "" : evaluations.getFirst().losses().stream().map(name -> ", " + name + " "
                + Figures.loss(evaluations.getFirst().values().get(name)) + " → "
                + Figures.loss(evaluations.getLast().values().get(name))).collect(Collectors.joining()));
    }

    /**
     * Values of a metric of evaluations, but for the one before the first step.
     *
     * @throws LeewayException if an evaluation hasn't it
     */
    List<EarlyStopping.Point> evaluated(String metric) {
        evaluations.stream().filter(at -> !at.values().containsKey(metric)).findFirst().ifPresent(at -> {
            throw LeewayException.usage("--metric_for_best_model: an evaluation has no %s%s (it has %s)", metric,
                Nearest.hint(metric, at.values().keySet()), String.join(", ", at.values().keySet()));
        });
        return evaluations.stream().filter(at -> at.step() > 0).map(at -> new EarlyStopping.Point(at.step(), at.values().get(metric)))
            .toList();
    }
}
