package dev.leeway.cli.verify;

import dev.leeway.objective.Column;
import dev.leeway.objective.Normalisers;
import dev.leeway.objective.Objective;
import dev.leeway.objective.Scored;
import dev.leeway.objective.Weighed;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/** The comparisons that all cases of losses have alike. */
final class WeighedChecks {

    private static final double GATE = ObjectiveFamily.GATE;

    private WeighedChecks() {
    }

    /** Loss, the gradient by log-probabilities of padded rows, and every metric that the case names. */
    static void compare(Weighed weighed, PaddedRows rows, Fields expected, Checks checks) {
        checks.close("loss", weighed.loss(), expected.number("loss"), GATE);
        var gradient = weighed.gradients().column(Column.LOG_PROB).orElseThrow();
        checks.relativeL2("gradient", Arrays.copyOf(rows.unpack(gradient), expected.rows("grad_policy_logps").length * rows.width()),
            flat(expected.rows("grad_policy_logps")), GATE);
        metrics(weighed, expected, checks);
    }

    /** Every metric that the case names. */
    static void metrics(Weighed weighed, Fields expected, Checks checks) {
        expected.object("metrics").ifPresent(metrics -> {
            for (var name : metrics.names()) {
                checks.close(name, weighed.metrics().getOrDefault(name, Double.NaN), metrics.number(name), GATE);
            }
        });
    }

    /** The losses of pairs, each as a step of its own. */
    static double[] perPair(Objective objective, Scored scored, PaddedRows rows) {
        return IntStream.range(0, rows.rows() / 2).mapToDouble(pair -> {
            var alone = rows.pair(scored, 2 * pair);
            return objective.weigh(alone, Normalisers.of(List.of(alone.targets()))).loss();
        }).toArray();
    }

    static double[] flat(double[][] rows) {
        return Arrays.stream(rows).flatMapToDouble(Arrays::stream).toArray();
    }
}
