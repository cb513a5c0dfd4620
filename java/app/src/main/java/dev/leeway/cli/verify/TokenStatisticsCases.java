package dev.leeway.cli.verify;

import dev.leeway.objective.Column;
import dev.leeway.objective.TokenGradients;
import java.util.Arrays;
import java.util.Set;

/** Log-probability and entropy of given logits, however far apart: TRL's {@code selective_log_softmax} and {@code entropy_from_logits}. */
final class TokenStatisticsCases implements ObjectiveFamily {

    @Override
    public Set<String> names() {
        return Set.of("token_stats");
    }

    @Override
    public void check(Document document, Checks checks) {
        var inputs = document.inputs();
        var index = Arrays.stream(inputs.rows("index")).flatMapToDouble(Arrays::stream).mapToInt(token -> (int) token).toArray();
        var head = new LogitColumns(inputs.tables("logits"), index);
        compare(head, Column.LOG_PROB, "logps", document, checks);
        compare(head, Column.ENTROPY, "entropy", document, checks);
    }

    private static void compare(LogitColumns head, Column column, String name, Document document, Checks checks) {
        checks.relativeL2(name, head.column(column), WeighedChecks.flat(document.expected().rows(name)), GATE);
        var upstream = WeighedChecks.flat(document.inputs().rows("upstream_" + name));
        checks.relativeL2("gradient of " + name, head.backward(new TokenGradients().with(column, upstream)),
            WeighedChecks.flat(document.expected().tables("grad_logits_of_" + name)), GATE);
    }
}
