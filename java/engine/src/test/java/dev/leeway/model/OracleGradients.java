package dev.leeway.model;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Map;
import java.util.Random;
import java.util.function.DoubleSupplier;
import java.util.function.ToDoubleFunction;

/**
 * Gradients against central differences of a loss by {@link Oracle}, in double.
 *
 * <p>The backward pass is as long as the forward pass of {@link OracleTest} again, and starts from what that left: 6 √1000 · 6e-8 = 1.1e-5,
 * times the gain of sharp attention and caps, which the weights of {@link TinyModel} keep below 4. Central differences with h = 2⁻¹⁷ add
 * h²/6 · |f‴| ≈ 1e-11 |f‴| and lose 2⁻⁵² |f|/h ≈ 3e-11 |f|.
 */
final class OracleGradients {

    private static final double BOUND = 4 * 1.1e-5;
    private static final double STEP = 0x1p-17;

    private OracleGradients() {
    }

    /** Three random elements and the steepest one of every gradient, relative to the steepest; {@code loss} is of changed weights. */
    static void assertEqual(String name, Map<String, double[]> weights, Map<String, double[]> gradients,
            ToDoubleFunction<Map<String, double[]>> loss) {
        var random = new Random(4);
        var wrong = new ArrayList<String>();
        gradients.forEach((parameter, gradient) -> {
            int steepest = 0;
            for (int i = 0; i < gradient.length; i++) {
                steepest = Math.abs(gradient[i]) > Math.abs(gradient[steepest]) ? i : steepest;
            }
            double largest = Math.abs(gradient[steepest]);
            for (int i : new int[] {steepest, random.nextInt(gradient.length), random.nextInt(gradient.length),
                random.nextInt(gradient.length)}) {
                double expected = difference(weights.get(parameter), i, () -> loss.applyAsDouble(weights));
                double error = Math.abs(expected - gradient[i]) / largest;
                if (!(error <= BOUND)) {
                    wrong.add("%s[%d]: %.9g expected, %.9g found, error %.2g".formatted(parameter, i, expected, gradient[i], error));
                }
            }
        });
        assertTrue(wrong.isEmpty(), name + "\n" + String.join("\n", wrong));
    }

    private static double difference(double[] weight, int index, DoubleSupplier loss) {
        double kept = weight[index];
        weight[index] = kept + STEP;
        double above = loss.getAsDouble();
        weight[index] = kept - STEP;
        double below = loss.getAsDouble();
        weight[index] = kept;
        return (above - below) / (2 * STEP);
    }
}
