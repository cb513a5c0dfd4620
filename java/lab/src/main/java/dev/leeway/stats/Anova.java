package dev.leeway.stats;

import dev.leeway.LeewayException;
import java.util.ArrayList;
import java.util.List;
import org.hipparchus.exception.MathRuntimeException;
import org.hipparchus.linear.Array2DRowRealMatrix;
import org.hipparchus.linear.ArrayRealVector;
import org.hipparchus.linear.QRDecomposition;
import org.hipparchus.special.Beta;

/**
 * Analysis of variance with sums of squares of type II (Yates 1934; Langsrud 2003): each term is compared with the model of all terms that
 * don't contain it, and its F has the mean square that the whole model leaves.
 *
 * @param effects of the terms
 * @param residualSquares what the whole model leaves
 * @param residualDegrees its degrees of freedom
 */
public record Anova(List<Effect> effects, double residualSquares, int residualDegrees) {

    /**
     * What a term explains.
     *
     * @param term the term
     * @param squares sum of squares
     * @param degrees its degrees of freedom
     * @param f the statistic
     * @param p of F
     */
    public record Effect(Term term, double squares, int degrees, double f, double p) {
    }

    /** Of a value a row. */
    public static Anova typeTwo(Observations data, List<Term> terms, double[] values) {
        Check.sample("an analysis of variance", values, 1);
        if (values.length != data.rows()) {
            throw LeewayException.data("%d values for %d rows", values.length, data.rows());
        }
        var whole = Design.of(data, terms).requireRows();
        double residual = residual(whole, values);
        int degrees = values.length - whole.columns();
        double meanSquare = residual / degrees;
        var effects = new ArrayList<Effect>();
        for (var term : terms) {
            var below = terms.stream().filter(other -> !other.equals(term) && !other.extendsBeyond(term)).toList();
            var with = new ArrayList<>(below);
            with.add(term);
            double squares = residual(Design.of(data, below), values) - residual(Design.of(data, with), values);
            int width = data.width(term);
            double f = squares / width / meanSquare;
            effects.add(new Effect(term, squares, width, f, tail(f, width, degrees)));
        }
        return new Anova(List.copyOf(effects), residual, degrees);
    }

    /** P(F ≥ f), exact to its last digits far out as well. */
    private static double tail(double f, int width, int degrees) {
        return Beta.regularizedBeta(degrees / (degrees + width * f), degrees / 2.0, width / 2.0);
    }

    /** The sum of squares that a least-squares fit leaves. */
    private static double residual(Design design, double[] values) {
        try {
            var matrix = new Array2DRowRealMatrix(design.rows(), false);
            var fit = new QRDecomposition(matrix, 1e-10).getSolver().solve(new ArrayRealVector(values, false));
            double distance = new ArrayRealVector(values, false).getDistance(matrix.operate(fit));
            return distance * distance;
        } catch (MathRuntimeException singular) {
            throw LeewayException.data(singular, "the columns %s are not independent of each other in these rows; a combination of levels "
                + "may have no row", design.names());
        }
    }

    /** The effect of a term. */
    public Effect effect(String term) {
        return effects.stream().filter(effect -> effect.term().equals(Term.of(term))).findFirst()
            .orElseThrow(() -> LeewayException.usage("no term is called %s; there are %s", term,
                effects.stream().map(Effect::term).toList()));
    }
}
