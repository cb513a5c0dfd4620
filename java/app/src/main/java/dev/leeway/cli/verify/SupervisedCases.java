package dev.leeway.cli.verify;

import dev.leeway.objective.Column;
import dev.leeway.objective.Normalisers;
import dev.leeway.objective.Scored;
import dev.leeway.objective.SupervisedFineTuning;
import dev.leeway.objective.Targets;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Supervised fine-tuning from logits: transformers' {@code ForCausalLMLoss}, TRL's {@code dft}. Labels are shifted left by one.
 *
 * @param name the objective
 * @param usualLoss its {@code loss_type} unless a case gives another one
 */
record SupervisedCases(String name, String usualLoss) implements ObjectiveFamily {

    @Override
    public Set<String> names() {
        return Set.of(name);
    }

    @Override
    public void check(Document document, Checks checks) {
        var params = document.params();
        var expected = document.expected();
        var objective = objective(params);
        var labels = document.inputs().rows("labels");
        int width = labels[0].length;
        var targets = shifted(labels, params.number("ignore_index", -100));
        var head = new LogitColumns(document.inputs().tables("logits"), targets);
        var mask = new boolean[targets.length];
        for (int n = 0; n < mask.length; n++) {
            mask[n] = targets[n] >= 0;
        }
        var packed = Targets.of(mask, IntStream.rangeClosed(0, labels.length).map(s -> s * width).toArray(),
            IntStream.range(0, labels.length).asLongStream().toArray());
        var counted = Normalisers.of(List.of(packed));
        var step = params.has("num_items_in_batch") ? counted.withTokens(params.whole("num_items_in_batch", 0)) : counted;
        var weighed = objective.weigh(Scored.of(head.scores(), packed), step);
        checks.close("loss", weighed.loss(), expected.number("loss"), GATE);
        checks.relativeL2("gradient", head.backward(weighed.gradients()), WeighedChecks.flat(expected.tables("grad_logits")), GATE);
        if (expected.has("label_logps")) {
            checks.relativeL2("log-probs", withoutLast(head.column(Column.LOG_PROB), width),
                WeighedChecks.flat(expected.rows("label_logps")), GATE);
        }
    }

    private SupervisedFineTuning objective(Fields params) {
        return new SupervisedFineTuning(new SupervisedFineTuning.Settings(
            SupervisedFineTuning.Loss.named(params.text("loss_type", usualLoss)), SupervisedFineTuning.Mean.TOKENS,
            params.number("label_smoothing_factor", 0), params.number("z_loss_coefficient", 0)));
    }

    /** The token that each position predicts, −1 where none counts. */
    private static int[] shifted(double[][] labels, double ignored) {
        int width = labels[0].length;
        var targets = new int[labels.length * width];
        Arrays.fill(targets, -1);
        for (int r = 0; r < labels.length; r++) {
            for (int t = 0; t + 1 < width; t++) {
                targets[r * width + t] = labels[r][t + 1] == ignored ? -1 : (int) labels[r][t + 1];
            }
        }
        return targets;
    }

    private static double[] withoutLast(double[] values, int width) {
        return IntStream.range(0, values.length).filter(n -> n % width + 1 < width).mapToDouble(n -> values[n]).toArray();
    }
}
