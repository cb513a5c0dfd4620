package dev.leeway.cli.verify;

import dev.leeway.objective.Column;
import dev.leeway.objective.TokenGradients;
import dev.leeway.objective.TokenScores;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;

/**
 * What a language-model head makes of logits (N, V), and its way back, in double: dz = w_logProb (1_y − p) + w_lse p − w_entropy p (log p +
 * H) + w_soft (p − 1/V). A target of −1 scores nothing.
 */
final class LogitColumns {

    private final double[][] logits;
    private final int[] targets;
    private final Map<Column, double[]> columns = new EnumMap<>(Column.class);

    LogitColumns(double[][] logits, int[] targets) {
        this.logits = logits;
        this.targets = targets;
        for (var column : new Column[] {Column.LOG_PROB, Column.LOG_SUM_EXP, Column.ENTROPY, Column.SOFT_LOSS}) {
            columns.put(column, new double[logits.length]);
        }
        for (int n = 0; n < logits.length; n++) {
            if (targets[n] >= 0) {
                fill(n);
            }
        }
    }

    private void fill(int n) {
        double largest = Arrays.stream(logits[n]).max().orElseThrow();
        double sum = Arrays.stream(logits[n]).map(z -> Math.exp(z - largest)).sum();
        columns.get(Column.LOG_PROB)[n] = logits[n][targets[n]] - largest - Math.log(sum);
        columns.get(Column.LOG_SUM_EXP)[n] = largest + Math.log(sum);
        var logProbs = logProbs(n);
        columns.get(Column.ENTROPY)[n] = -Arrays.stream(logProbs).map(LogitColumns::weighted).sum();
        columns.get(Column.SOFT_LOSS)[n] = -Arrays.stream(logProbs).average().orElseThrow();
    }

    /** p log p, which is 0 where p is. */
    private static double weighted(double logProb) {
        double p = Math.exp(logProb);
        return p == 0 ? 0 : p * logProb;
    }

    private double[] logProbs(int n) {
        double largest = Arrays.stream(logits[n]).max().orElseThrow();
        double logSum = Math.log(Arrays.stream(logits[n]).map(z -> Math.exp(z - largest)).sum());
        return Arrays.stream(logits[n]).map(z -> z - largest - logSum).toArray();
    }

    double[] column(Column column) {
        return columns.get(column);
    }

    TokenScores scores() {
        var scores = new TokenScores();
        for (var column : columns.keySet()) {
            scores = scores.with(column, columns.get(column));
        }
        return scores;
    }

    /** ∂loss/∂logits, row after row. */
    double[] backward(TokenGradients gradients) {
        int vocabulary = logits[0].length;
        var result = new double[logits.length * vocabulary];
        for (int n = 0; n < logits.length; n++) {
            if (targets[n] >= 0) {
                var logProbs = logProbs(n);
                for (int v = 0; v < vocabulary; v++) {
                    double p = Math.exp(logProbs[v]);
                    result[n * vocabulary + v] = weight(gradients, Column.LOG_PROB, n) * ((v == targets[n] ? 1 : 0) - p)
                        + weight(gradients, Column.LOG_SUM_EXP, n) * p
                        - weight(gradients, Column.ENTROPY, n) * (weighted(logProbs[v]) + p * columns.get(Column.ENTROPY)[n])
                        + weight(gradients, Column.SOFT_LOSS, n) * (p - 1.0 / vocabulary);
                }
            }
        }
        return result;
    }

    private static double weight(TokenGradients gradients, Column column, int n) {
        return gradients.column(column).map(values -> values[n]).orElse(0.0);
    }
}
