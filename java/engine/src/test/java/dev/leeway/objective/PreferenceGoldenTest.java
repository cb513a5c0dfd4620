package dev.leeway.objective;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * One pair, by formulas evaluated elsewhere in double and printed with ten decimals: policy −12 and −15, reference −13 and −14.5 over six
 * and five tokens, β = 0.1, so that log-ratios are 1 and −0.5.
 */
final class PreferenceGoldenTest {

    private static final double PRINTED = 5.1e-11;

    private static final ScoredBatch PAIR = ScoredBatch.ofLogProbs(new long[] {7, 7}, filled(6, -2), filled(5, -3))
        .withReference(-13.0 / 6, -13.0 / 6, -13.0 / 6, -13.0 / 6, -13.0 / 6, -13.0 / 6, -2.9, -2.9, -2.9, -2.9, -2.9);

    private static double[] filled(int length, double value) {
        var values = new double[length];
        Arrays.fill(values, value);
        return values;
    }

    @ParameterizedTest
    @CsvSource({"sigmoid, 0, 0.6209570478", "sigmoid, 0.1, 0.6359570478", "robust, 0.1, 0.6022070478", "hinge, 0, 0.85",
        "ipo, 0, 22.4044444444", "sigmoid_norm, 0, 0.6799027335", "nca_pair, 0, 1.3508248141", "bco_pair, 0, 1.3128563081",
        "sppo_hard, 0, 36.25", "apo_zero, 0, 0.9625234160", "apo_down, 0, 0.9875493421", "exo_pair, 0.1, 0.4313884572"})
    void lossesOfDirectPreference(String loss, double smoothing, double expected) {
        var objective = new DirectPreference(PairLoss.named(loss), DirectPreference.Settings.of(0.1).withLabelSmoothing(smoothing));
        assertEquals(expected, PAIR.weigh(objective).loss(), PRINTED);
    }

    /** (1 − m)(−log σ(0.15)) + m e^(−0.15) with m = σ(3) = 0.9525741268; and the divergences' scores at 1 and −0.5. */
    @Test
    void discopopAndTheDivergences() {
        double m = 1 / (1 + Math.exp(-3));
        assertEquals((1 - m) * 0.6209570478 + m * Math.exp(-0.15),
            PAIR.weigh(new DirectPreference(PairLoss.DISCOPOP, DirectPreference.Settings.of(0.1))).loss(), PRINTED);
        withScores(Divergence.Kind.FORWARD_KL, 0, -Math.exp(-1), -Math.exp(0.5));
        withScores(Divergence.Kind.JS_DIVERGENCE, 0, -Math.log(1 + Math.exp(-1)), -Math.log(1 + Math.exp(0.5)));
        withScores(Divergence.Kind.ALPHA_DIVERGENCE, 0.5, -2 * Math.exp(-0.5), -2 * Math.exp(0.25));
        withScores(Divergence.Kind.ALPHA_DIVERGENCE, 1, 1, -0.5);
    }

    private static void withScores(Divergence.Kind kind, double alpha, double chosen, double rejected) {
        var settings = DirectPreference.Settings.of(0.1).withDivergence(new Divergence(kind, alpha));
        assertEquals(Math.log(1 + Math.exp(-0.1 * (chosen - rejected))),
            PAIR.weigh(new DirectPreference(PairLoss.SIGMOID, settings)).loss(), 1e-14);
    }

    @Test
    void severalLossesAddUpWithTheirWeights() {
        var sum = new DirectPreference(List.of(new DirectPreference.Term(PairLoss.SIGMOID, 0.8),
            new DirectPreference.Term(PairLoss.BCO_PAIR, 0.2), new DirectPreference.Term(PairLoss.SFT, 0.5)),
            DirectPreference.Settings.of(0.1));
        assertEquals(0.8 * 0.6209570478 + 0.2 * 1.3128563081 + 0.5 * 2, PAIR.weigh(sum).loss(), PRINTED);
    }

    /** Five tokens are shared: 5/6 + α/6 of the chosen ratio is left, all of the rejected one. */
    @Test
    void tokensBehindTheShorterAnswerCountLess() {
        var damped = new DirectPreference(PairLoss.SIGMOID, DirectPreference.Settings.of(0.1).withLdAlpha(0.25));
        double ratio = 5.0 / 6 + 0.25 / 6 + 0.5;
        assertEquals(Math.log(1 + Math.exp(-0.1 * ratio)), PAIR.weigh(damped).loss(), 1e-14);
        assertEquals(-10 - 0.25 * 2, PAIR.weigh(damped).metrics().get("logps/chosen"), 1e-14);
    }

    /**
     * Every token of the chosen answer at log p = −2 and log Σp² = −1.5, of the rejected one at −3 and −1.5: weights e^(−0.5) and e^(−1.5).
     */
    @Test
    void likelyPairsCountMore() {
        var batch = PAIR.with(Column.LOG_COLLISION, filled(11, -1.5));
        var plain = DirectPreference.Settings.of(0.1);
        var weighted = batch.weigh(new DirectPreference(PairLoss.SIGMOID, plain.withWeighting()));
        var unweighted = batch.weigh(new DirectPreference(PairLoss.SIGMOID, plain));
        assertEquals(Math.exp(-2) * unweighted.loss(), weighted.loss(), 1e-15);
        for (int n = 0; n < 11; n++) {
            assertEquals(Math.exp(-2) * unweighted.gradients().column(Column.LOG_PROB).orElseThrow()[n],
                weighted.gradients().column(Column.LOG_PROB).orElseThrow()[n], 1e-16);
        }
    }

    @Test
    void simpoAndOrpo() {
        // Means −2 and −3: β (1 − 0.5) = 1.
        assertEquals(0.3132616875, PAIR.weigh(new ContrastivePreference(ContrastivePreference.Settings.simpo(2, 2 * 0.5))).loss(), PRINTED);
        var orpo = PAIR.weigh(new OddsRatioPreference(0.1));
        assertEquals(1.0943442769, orpo.metrics().get("log_odds_chosen"), PRINTED);
        assertEquals(-0.0288750784, 0.1 * orpo.metrics().get("log_odds_ratio"), PRINTED);
        assertEquals(2 + 0.0288750784, orpo.loss(), PRINTED);
    }

    @ParameterizedTest
    @CsvSource({"1, 1, 0.4800106598", "-1, -0.5, 0.4825071423"})
    void ktoWithABaselineOfAFifth(double label, double ratio, double expected) {
        var batch = ScoredBatch.ofLogProbs(new long[] {1, 2}, new double[] {-2}, new double[] {-1}).withReference(-2 - ratio, -1.2)
            .withRewards(label, 0);
        assertEquals(expected, batch.weigh(new KahnemanTversky(0.1)).loss(), PRINTED);
    }

    @ParameterizedTest
    @CsvSource({"0, 0.4031860489", "0.3, 0.5130152524"})
    void bradleyTerry(double margin, double expected) {
        var batch = ScoredBatch.ofLogProbs(new long[] {1, 1}, new double[] {-1}, new double[] {-1})
            .with(Column.VALUE, new double[] {1.2, 0.5}).withRewards(margin, 0);
        assertEquals(expected, batch.weigh(new BradleyTerry(0)).loss(), PRINTED);
        double smoothed = 0.9 * expected + 0.1 * (expected + 0.7 - margin);
        assertEquals(smoothed, batch.weigh(new BradleyTerry(0, 0.1)).loss(), PRINTED);
    }
}
