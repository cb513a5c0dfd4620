package dev.leeway.objective;

import java.util.Map;
import java.util.Set;

/**
 * The value half of PPO, for a model with a scalar head: c · ½ · the mean over scored positions of max( (V − R)², (V_c − R)² ), where V_c
 * is V held inside the old value ± ε and R = A + V_old the return ({@link GeneralizedAdvantages}).
 *
 * <p>It reads {@link Column#TOKEN_VALUE} at every position of {@link Targets#mask}: those that predict the completion's tokens and, where
 * the episode has a value behind its last token, the sequence's last. {@link Targets#advantages} are those before whitening, one a
 * position.
 */
public final class ClippedValue implements Objective {

    private final double cliprange;
    private final double coefficient;

    /** The loss with ε = {@code cliprange_value} and c = {@code vf_coef}. */
    public ClippedValue(double cliprange, double coefficient) {
        this.cliprange = Require.above(0, cliprange, "cliprange_value");
        this.coefficient = Require.atLeast(0, coefficient, "vf_coef");
    }

    @Override
    public Set<Column> needs() {
        return Set.of(Column.TOKEN_VALUE);
    }

    @Override
    public Scope scope() {
        return Scope.TOKEN;
    }

    @Override
    public boolean needsOld() {
        return true;
    }

    @Override
    public Weighed weigh(Scored scored, Normalisers normalisers) {
        var mask = scored.targets().mask();
        var values = scored.policy().column(Column.TOKEN_VALUE);
        var old = scored.requireOld().column(Column.TOKEN_VALUE);
        var advantages = scored.targets().advantages();
        var gradient = scored.gradients().room(Column.TOKEN_VALUE, mask.length);
        double weight = 1.0 / Math.max(1, normalisers.tokens());
        double squares = 0;
        double clipped = 0;
        for (int n = 0; n < mask.length; n++) {
            if (mask[n]) {
                double error = values[n] - (advantages[n] + old[n]);
                double held = Math.clamp(values[n], old[n] - cliprange, old[n] + cliprange);
                double heldError = held - (advantages[n] + old[n]);
                squares += Math.max(error * error, heldError * heldError);
                clipped += heldError * heldError > error * error ? 1 : 0;
                gradient[n] = coefficient * weight * slope(error, heldError, held == values[n]);
            }
        }
        double loss = squares / 2 * weight;
        return new Weighed(coefficient * loss, scored.gradients(), Map.of("loss/value_avg", loss, "val/clipfrac_avg", clipped * weight));
    }

    /** Half the derivative of the larger square; where both are equal, the mean of theirs. */
    private static double slope(double error, double heldError, boolean inside) {
        double heldSlope = inside ? heldError : 0;
        if (error * error == heldError * heldError) {
            return (error + heldSlope) / 2;
        }
        return error * error > heldError * heldError ? error : heldSlope;
    }
}
