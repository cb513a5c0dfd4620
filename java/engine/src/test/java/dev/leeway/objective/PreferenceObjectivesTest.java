package dev.leeway.objective;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.LeewayException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The laws of losses on pairs, labelled answers, rewards and tokens, each with every option. */
final class PreferenceObjectivesTest {

    private static final DirectPreference.Settings DPO = DirectPreference.Settings.of(0.3);
    private static final double[] LABELS = {1, -1, 0, 0, 1, -1, -1, 0, 1, 1, 0, -1};

    /** An objective and a batch that it is for. */
    private record Setting(String name, Objective objective, ScoredBatch batch) {
        @Override
        public String toString() {
            return name;
        }
    }

    private static Map<String, Objective> onPairs() {
        var objectives = new LinkedHashMap<String, Objective>();
        for (var loss : PairLoss.values()) {
            var smoothed = loss.smooths() ? DPO.withLabelSmoothing(0.1) : DPO;
            if (loss != PairLoss.EXO_PAIR) {
                objectives.put(loss.label(), new DirectPreference(loss, DPO));
            }
            objectives.put(loss.label() + " smoothed", new DirectPreference(loss, smoothed));
            for (var kind : Divergence.Kind.values()) {
                objectives.put(loss.label() + " " + kind, new DirectPreference(loss, smoothed.withDivergence(new Divergence(kind, 0.5))));
            }
            objectives.put(loss.label() + " ld", new DirectPreference(loss, smoothed.withLdAlpha(0.4)));
        }
        objectives.put("several", new DirectPreference(List.of(new DirectPreference.Term(PairLoss.SIGMOID, 0.8),
            new DirectPreference.Term(PairLoss.BCO_PAIR, 0.2), new DirectPreference.Term(PairLoss.SFT, 1)), DPO));
        for (var loss : ContrastivePreference.Loss.values()) {
            double smoothing = loss == ContrastivePreference.Loss.SIGMOID || loss == ContrastivePreference.Loss.SIMPO ? 0.1 : 0;
            objectives.put("cpo " + loss, new ContrastivePreference(new ContrastivePreference.Settings(loss, 0.5, 0.3, 0.7, smoothing, 0)));
        }
        objectives.put("alphapo", new ContrastivePreference(
            new ContrastivePreference.Settings(ContrastivePreference.Loss.SIMPO, 0.5, 0.3, 0, 0, 0.25)));
        objectives.put("orpo", new OddsRatioPreference(0.3));
        objectives.put("regularised", new Regularised(new DirectPreference(PairLoss.SIGMOID, DPO), 1e-2, 0.1));
        return objectives;
    }

    /** Those whose gradient is that of their loss, all numbers that they read moving. */
    static Stream<Setting> differentiable() {
        var settings = new ArrayList<Setting>();
        onPairs().forEach((name, objective) -> settings.add(new Setting(name, objective, ScoredBatch.pairs(3, 6))));
        var margins = new double[12];
        Arrays.setAll(margins, s -> s % 2 == 0 ? 0.1 * s : 0);
        settings.add(new Setting("reward", new BradleyTerry(0.02, 0.1), ScoredBatch.pairs(4, 6).withRewards(margins)));
        settings.add(new Setting("kto", new KahnemanTversky(KahnemanTversky.Loss.KTO, 0.3, 1.33, 0.75),
            ScoredBatch.singles(5, LABELS.length).withRewards(LABELS)));
        settings.add(new Setting("apo_zero_unpaired", new KahnemanTversky(KahnemanTversky.Loss.APO_ZERO_UNPAIRED, 0.3, 1.33, 0.75),
            ScoredBatch.singles(6, LABELS.length).withRewards(LABELS)));
        settings.add(new Setting("kto regularised", new Regularised(new KahnemanTversky(0.3), 0.01, 0.1),
            ScoredBatch.singles(5, LABELS.length).withRewards(LABELS)));
        for (var mean : SupervisedFineTuning.Mean.values()) {
            settings.add(new Setting("sft over " + mean, sft(SupervisedFineTuning.Loss.NLL, mean, 0.2, 0.01), ScoredBatch.singles(7, 9)));
        }
        settings.add(new Setting("sft with entropy bonus", new Regularised(new SupervisedFineTuning(0.2, 0), 0.01, 0.1),
            ScoredBatch.singles(8, 9)));
        settings.add(new Setting("distillation", new Distillation(0.7), ScoredBatch.singles(9, 9)));
        settings.add(new Setting("distillation alone", new Distillation(1), ScoredBatch.singles(9, 9)));
        return settings.stream();
    }

    /** All of them. */
    static Stream<Setting> all() {
        return Stream.concat(differentiable(), Stream.of(
            new Setting("wpo", new DirectPreference(PairLoss.SIGMOID, DPO.withWeighting()), ScoredBatch.pairs(3, 6)),
            new Setting("dft", sft(SupervisedFineTuning.Loss.DFT, SupervisedFineTuning.Mean.TOKENS, 0, 0.01), ScoredBatch.singles(7, 9))));
    }

    private static Objective sft(SupervisedFineTuning.Loss loss, SupervisedFineTuning.Mean mean, double smoothing, double z) {
        return new SupervisedFineTuning(new SupervisedFineTuning.Settings(loss, mean, smoothing, z));
    }

    static Stream<Setting> againstAReference() {
        return differentiable().filter(setting -> setting.objective().needsReference()
            && !setting.name().startsWith("sft") && !setting.name().startsWith("several"));
    }

    @ParameterizedTest
    @MethodSource("differentiable")
    void gradientsAreTheDifferencesOfTheLoss(Setting setting) {
        ObjectiveLaws.gradientsAreDifferences(setting.objective(), setting.batch());
    }

    @ParameterizedTest
    @MethodSource("all")
    void anySplitBetweenUnitsGivesTheSameStep(Setting setting) {
        ObjectiveLaws.splitsChangeNothing(setting.objective(), setting.batch());
    }

    @ParameterizedTest
    @MethodSource("all")
    void whatIsMaskedOutIsNotRead(Setting setting) {
        ObjectiveLaws.junkIsNotRead(setting.objective(), setting.batch());
    }

    @ParameterizedTest
    @MethodSource("againstAReference")
    void onlyTheRatioToTheReferenceCounts(Setting setting) {
        ObjectiveLaws.onlyTheRatioCounts(setting.objective(), setting.batch());
    }

    @ParameterizedTest
    @MethodSource("againstAReference")
    void promptsAreNotRead(Setting setting) {
        ObjectiveLaws.promptsAreNotRead(setting.objective(), setting.batch());
    }

    /** Two answers of different lengths, all of them completion. */
    private static ScoredBatch plain() {
        return ScoredBatch.ofLogProbs(new long[] {1, 1}, new double[] {-1, -0.5, -0.7}, new double[] {-2, -0.4})
            .withReference(-0.9, -0.8, -0.6, -1.5, -0.7);
    }

    @ParameterizedTest
    @EnumSource
    void lossesCountAnswersByMeanOrSumAsTheyShould(PairLoss loss) {
        var objective = new DirectPreference(loss, loss == PairLoss.EXO_PAIR ? DPO.withLabelSmoothing(0.1) : DPO);
        if (loss == PairLoss.IPO || loss == PairLoss.SIGMOID_NORM || loss == PairLoss.SFT) {
            ObjectiveLaws.answersCountByTheirMeans(objective, plain());
        } else {
            ObjectiveLaws.answersCountByTheirSums(objective, plain());
        }
    }

    @Test
    void lossesWithoutReferenceCountAnswersByMeanOrSumAsTheyShould() {
        ObjectiveLaws.answersCountByTheirMeans(new ContrastivePreference(ContrastivePreference.Settings.simpo(2, 0.5)), plain());
        ObjectiveLaws.answersCountByTheirMeans(new OddsRatioPreference(0.3), plain());
        ObjectiveLaws.answersCountByTheirSums(new ContrastivePreference(ContrastivePreference.Settings.cpo(0.1, 0)), plain());
    }

    @Test
    void theBaselineOfKtoPullsTheWayItShould() {
        ObjectiveLaws.baselineRaisesWhatIsAskedOfDesirableAnswers(new KahnemanTversky(0.5));
    }

    @Test
    void aBaselineBelowTheReferenceIsZeroAndTellsNothingOfItsSequences() {
        var batch = ScoredBatch.ofLogProbs(new long[] {1, 2}, new double[] {-2}, new double[] {-3}).withReference(-1, -1).withRewards(1, 0);
        var weighed = batch.weigh(new KahnemanTversky(0.5));
        assertEquals(0, weighed.metrics().get("kl"));
        assertEquals(0, weighed.gradients().column(Column.LOG_PROB).orElseThrow()[1]);
        assertEquals(1 - 1 / (1 + Math.exp(0.5)), weighed.loss(), 1e-15);
    }

    @Test
    void dynamicFineTuningTakesTheProbabilityForAConstant() {
        var objective = sft(SupervisedFineTuning.Loss.DFT, SupervisedFineTuning.Mean.TOKENS, 0, 0);
        var weighed = ScoredBatch.ofLogProbs(new long[] {1}, new double[] {-1, -3}).weigh(objective);
        assertEquals((Math.exp(-1) + 3 * Math.exp(-3)) / 2, weighed.loss(), 1e-15);
        assertArrayEquals(new double[] {-Math.exp(-1) / 2, -Math.exp(-3) / 2},
            weighed.gradients().column(Column.LOG_PROB).orElseThrow(), 1e-16);
    }

    @Test
    void sequencesCountAlikeWhereTheMeanIsOverThem() {
        var objective = sft(SupervisedFineTuning.Loss.NLL, SupervisedFineTuning.Mean.SEQUENCES, 0, 0);
        var batch = ScoredBatch.ofLogProbs(new long[] {1, 2}, new double[] {-1, -3}, new double[] {-5});
        assertEquals((2 + 5) / 2.0, batch.weigh(objective).loss(), 1e-15);
    }

    /** All but those whose formula itself grows exponentially with a log-ratio. */
    static Stream<Setting> withoutExponentials() {
        return differentiable().filter(setting -> !setting.name().equals("alphapo") && !setting.name().startsWith("discopop"));
    }

    /** Log-probs as far off as a broken model's; σ and its logarithm must not overflow, and certain answers have finite odds. */
    @ParameterizedTest
    @MethodSource("withoutExponentials")
    void extremeLogProbsOverflowNothing(Setting setting) {
        for (double extreme : new double[] {0, -2000}) {
            var policy = setting.batch().logProbs().clone();
            Arrays.setAll(policy, n -> Double.isNaN(policy[n]) || n % 3 != 0 ? policy[n] : extreme);
            ObjectiveLaws.junkIsNotRead(setting.objective(), setting.batch().with(Column.LOG_PROB, policy));
        }
    }

    @Test
    void anAnswerThatIsCertainHasFiniteOdds() {
        var weighed = ScoredBatch.ofLogProbs(new long[] {1, 1}, new double[] {-1}, new double[] {0}).weigh(new OddsRatioPreference(0.1));
        assertTrue(weighed.loss() < 10 && weighed.gradients().column(Column.LOG_PROB).orElseThrow()[1] > 0);
        ObjectiveLaws.junkIsNotRead(new OddsRatioPreference(0.1),
            ScoredBatch.ofLogProbs(new long[] {1, 1}, new double[] {0}, new double[] {0}));
    }

    @Test
    void whatIsNoPairIsRefused() {
        var torn = ScoredBatch.ofLogProbs(new long[] {1, 2}, new double[] {-1}, new double[] {-1});
        var odd = ScoredBatch.ofLogProbs(new long[] {1, 1, 2}, new double[] {-1}, new double[] {-1}, new double[] {-1});
        for (var batch : List.of(torn, odd)) {
            assertThrows(LeewayException.class, () -> batch.weigh(new DirectPreference(PairLoss.SIGMOID, DPO)));
            assertThrows(LeewayException.class, () -> batch.weigh(new OddsRatioPreference(0.1)));
        }
        var empty = torn.withTargets(Targets.of(new boolean[] {true, false}, new int[] {0, 1, 2}, new long[] {1, 1}));
        assertThrows(LeewayException.class, () -> empty.weigh(new DirectPreference(PairLoss.SIGMOID, DPO)));
    }

    @Test
    void aPairThatAStepHoldsTwiceCountsTwice() {
        var twice = ScoredBatch.ofLogProbs(new long[] {1, 1, 1, 1}, new double[] {-1}, new double[] {-2}, new double[] {-1},
            new double[] {-2});
        var once = ScoredBatch.ofLogProbs(new long[] {1, 1}, new double[] {-1}, new double[] {-2});
        for (var objective : List.of(new DirectPreference(List.of(new DirectPreference.Term(PairLoss.SIGMOID, 1),
            new DirectPreference.Term(PairLoss.SFT, 1)), DPO), new OddsRatioPreference(0.3))) {
            assertEquals(once.weigh(objective).loss(), twice.weigh(objective).loss(), 1e-15);
        }
    }

    @Test
    void optionsThatContradictEachOtherAreRefused() {
        assertThrows(LeewayException.class, () -> new DirectPreference(PairLoss.HINGE, DPO.withLabelSmoothing(0.1)));
        assertThrows(LeewayException.class, () -> new DirectPreference(PairLoss.EXO_PAIR, DPO));
        assertThrows(LeewayException.class, () -> new DirectPreference(PairLoss.SFT, DPO.withWeighting()));
        assertThrows(LeewayException.class, () -> new DirectPreference(List.of(), DPO));
        assertThrows(LeewayException.class, () -> DPO.withLdAlpha(1.5));
        assertThrows(LeewayException.class, () -> DPO.withLabelSmoothing(0.5));
        assertThrows(LeewayException.class, () -> DirectPreference.Settings.of(0));
        assertThrows(LeewayException.class, () -> PairLoss.named("aot"));
        assertThrows(LeewayException.class, () -> PairLoss.named("sigmoids"));
        assertThrows(LeewayException.class, () -> new Regularised(new SupervisedFineTuning(0, 0.1), 0.1, 0));
    }
}
