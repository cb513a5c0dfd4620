package dev.leeway.cli.verify;

import dev.leeway.io.JsonObject;
import dev.leeway.train.StepReport;
import java.util.Map;
import java.util.Set;

/**
 * How far off a training run may be. Preference training may be ten times as far as supervised training: its gradients are differences of
 * nearly equal ones. A reward is β times a sum of log-probs less the reference's and is gated like the loss, which it makes up; so such a
 * sum may be off by the reward's gate over β.
 *
 * @param factor 1, or 10 for preferences
 * @param beta what a difference of log-probs is multiplied by in a reward
 */
record TrainingGates(double factor, double beta) {

    private static final Set<String> OF_A_STEP = Set.of("step", "lr", "loss", "tokens", "grad_norm");
    private static final Set<String> OF_AN_EVALUATION = Set.of("loss", "tokens", "row_loss", "row_nll");

    static TrainingGates of(JsonObject json) {
        return new TrainingGates(json.requireString("kind").equals("sft") ? 1 : 10,
            json.optionalDouble("beta").orElse(json.optionalDouble("lambda").orElse(1)));
    }

    double loss() {
        return factor * Gates.TRAINING_LOSS;
    }

    double weights() {
        return factor * Gates.TRAINING_WEIGHTS;
    }

    void step(StepReport report, JsonObject expected, Checks checks) {
        var where = " of step " + (report.step() - 1);
        checks.same("number" + where, report.step() - 1, expected.requireInt("step"));
        checks.absolute("lr" + where, report.learningRate(), expected.requireDouble("lr"), 1e-12);
        checks.absolute("loss" + where, report.loss(), expected.requireDouble("loss"), loss());
        checks.relative("norm" + where, report.gradientNorm(), expected.requireDouble("grad_norm"), factor * Gates.TRAINING_NORM);
        expected.optionalLong("tokens").ifPresent(tokens -> checks.same("tokens" + where, report.trainedTokens(), tokens));
        metrics(where, report.metrics(), expected, OF_A_STEP, checks);
    }

    void evaluation(String where, Map<String, Double> found, JsonObject expected, Checks checks) {
        metrics(where, found, expected, OF_AN_EVALUATION, checks);
    }

    /** Every number that the case has beside those; one that this build does not compute fails. */
    private void metrics(String where, Map<String, Double> found, JsonObject expected, Set<String> others, Checks checks) {
        for (var name : expected.names()) {
            if (!others.contains(name)) {
                checks.absolute(name + where, found.getOrDefault(name, Double.NaN), expected.requireDouble(name),
                    name.startsWith("logps/") ? loss() / beta : loss());
            }
        }
    }
}
