package dev.leeway.objective;

import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import java.util.function.Function;
import java.util.function.IntToDoubleFunction;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** Faults that are easily made in losses on preferences. Each is planted, and the law that is there for it fails. */
final class PlantedPreferenceFaultsTest {

    private static final Objective DPO = new DirectPreference(PairLoss.SIGMOID, DirectPreference.Settings.of(0.3));
    private static final Objective IPO = new DirectPreference(PairLoss.IPO, DirectPreference.Settings.of(0.3));
    private static final Objective SIMPO = new ContrastivePreference(ContrastivePreference.Settings.simpo(2, 0.5));
    private static final Objective ORPO = new OddsRatioPreference(0.1);
    private static final Objective KTO = new KahnemanTversky(0.5);
    private static final ScoredBatch PAIRS = ScoredBatch.pairs(11, 6);
    private static final ScoredBatch PLAIN = ScoredBatch.ofLogProbs(new long[] {1, 1}, new double[] {-1, -0.5, -0.7},
        new double[] {-2, -0.4}).withReference(-0.9, -0.8, -0.6, -1.5, -0.7);

    private interface Change {
        Weighed weigh(Objective sound, Scored scored, Normalisers step);
    }

    /** A sound objective that something goes wrong with. */
    private record Faulty(Objective objective, Change change) implements ObjectiveWrapper {
        @Override
        public Weighed weigh(Scored scored, Normalisers step) {
            return change.weigh(objective, scored, step);
        }
    }

    private static Objective given(Objective sound, UnaryOperator<Scored> changed) {
        return new Faulty(sound, (same, scored, step) -> same.weigh(changed.apply(scored), step));
    }

    private static Objective withTargets(Objective sound, UnaryOperator<Targets> changed) {
        return given(sound, scored -> new Scored(scored.policy(), scored.reference(), scored.old(), changed.apply(scored.targets()),
            scored.gradients()));
    }

    /** Every log-prob of a sequence times a factor, in policy and reference. */
    private static Objective scaled(Objective sound, Function<Targets, IntToDoubleFunction> factor) {
        return given(sound, scored -> {
            var targets = scored.targets();
            return Scored.of(scaled(scored.policy(), targets, factor.apply(targets)), targets)
                .withReference(scaled(scored.requireReference(), targets, factor.apply(targets)));
        });
    }

    private static TokenScores scaled(TokenScores scores, Targets targets, IntToDoubleFunction factor) {
        var values = scores.logProb().clone();
        for (int s = 0; s < targets.sequences(); s++) {
            for (int n = targets.sequenceStarts()[s]; n < targets.sequenceStarts()[s + 1]; n++) {
                values[n] *= factor.applyAsDouble(s);
            }
        }
        return new TokenScores().with(Column.LOG_PROB, values);
    }

    private static void fails(Runnable law) {
        assertThrows(AssertionError.class, law::run);
    }

    @Test
    void aMaskThatIsOffByOneReadsJunk() {
        for (var sound : List.of(DPO, IPO, SIMPO, ORPO)) {
            ObjectiveLaws.junkIsNotRead(sound, PAIRS);
            var shifted = withTargets(sound, targets -> {
                var mask = new boolean[targets.mask().length];
                System.arraycopy(targets.mask(), 0, mask, 1, mask.length - 1);
                return Targets.of(mask, targets.sequenceStarts(), targets.unitIds());
            });
            fails(() -> ObjectiveLaws.junkIsNotRead(shifted, PAIRS));
        }
    }

    @Test
    void aCompletionThatBeginsOneTokenEarlyReadsThePrompt() {
        for (var sound : List.of(DPO, IPO, SIMPO)) {
            ObjectiveLaws.promptsAreNotRead(sound, PAIRS);
            var early = withTargets(sound, targets -> {
                var completion = targets.completion().clone();
                for (int n = 0; n + 1 < completion.length; n++) {
                    completion[n] |= targets.mask()[n] && completion[n + 1];
                }
                return targets.withCompletion(completion);
            });
            fails(() -> ObjectiveLaws.promptsAreNotRead(early, PAIRS));
        }
    }

    @Test
    void denominatorsOfAMicroBatchAreNotThoseOfTheStep() {
        var labelled = ScoredBatch.singles(12, 6).withRewards(1, -1, 0, 1, 0, -1);
        for (var sound : List.of(DPO, SIMPO, ORPO, KTO, new SupervisedFineTuning())) {
            var batch = sound == KTO ? labelled : PAIRS;
            ObjectiveLaws.splitsChangeNothing(sound, batch);
            var local = new Faulty(sound, (same, scored, step) -> same.weigh(scored, Normalisers.of(List.of(scored.targets()))
                .withMeasured(step.isMeasured() ? new double[] {step.measured(0), step.measured(1)} : new double[0])));
            fails(() -> ObjectiveLaws.splitsChangeNothing(local, batch));
        }
    }

    @Test
    void aBaselineOfAMicroBatchIsNotThatOfTheStep() {
        var labelled = ScoredBatch.singles(12, 6).withRewards(1, 0, -1, 0, 1, 0);
        var local = new Faulty(KTO, (same, scored, step) -> {
            var own = same.measure(scored);
            return same.weigh(scored, own[1] > 0 ? step.withMeasured(own) : step);
        });
        ObjectiveLaws.splitsChangeNothing(KTO, labelled);
        fails(() -> ObjectiveLaws.splitsChangeNothing(local, labelled));
    }

    @Test
    void aReferenceOfTheWrongSignIsNoRatio() {
        for (var sound : List.of(DPO, IPO)) {
            ObjectiveLaws.onlyTheRatioCounts(sound, PAIRS);
            fails(() -> ObjectiveLaws.onlyTheRatioCounts(given(sound, scored -> scored.withReference(
                scaled(scored.requireReference(), scored.targets(), s -> -1))), PAIRS));
        }
    }

    @Test
    void aBaselineOfTheWrongSignPullsTheWrongWay() {
        ObjectiveLaws.baselineRaisesWhatIsAskedOfDesirableAnswers(KTO);
        fails(() -> ObjectiveLaws.baselineRaisesWhatIsAskedOfDesirableAnswers(new Faulty(KTO, (same, scored, step) ->
            same.weigh(scored, step.withMeasured(new double[] {-step.measured(0), step.measured(1)})))));
    }

    @Test
    void sumsInPlaceOfMeansAreSeenAndTheReverse() {
        ObjectiveLaws.answersCountByTheirMeans(IPO, PLAIN);
        fails(() -> ObjectiveLaws.answersCountByTheirMeans(scaled(IPO, targets -> targets::completionTokens), PLAIN));
        ObjectiveLaws.answersCountByTheirSums(DPO, PLAIN);
        fails(() -> ObjectiveLaws.answersCountByTheirSums(scaled(DPO, targets -> s -> 1.0 / targets.completionTokens(s)), PLAIN));
    }

    @Test
    void lengthsOfTheOtherAnswerAreSeen() {
        fails(() -> ObjectiveLaws.answersCountByTheirMeans(scaled(IPO, targets ->
            s -> (double) targets.completionTokens(s) / targets.completionTokens(s ^ 1)), PLAIN));
    }

    @Test
    void gradientsThatForgetTheLengthAreNotTheDifferencesOfTheLoss() {
        ObjectiveLaws.gradientsAreDifferences(IPO, PAIRS);
        fails(() -> ObjectiveLaws.gradientsAreDifferences(new Faulty(IPO, (same, scored, step) -> {
            var weighed = same.weigh(scored, step);
            var gradient = weighed.gradients().column(Column.LOG_PROB).orElseThrow();
            for (int s = 0; s < scored.targets().sequences(); s++) {
                for (int n = scored.targets().sequenceStarts()[s]; n < scored.targets().sequenceStarts()[s + 1]; n++) {
                    gradient[n] *= scored.targets().completionTokens(s);
                }
            }
            return weighed;
        }), PAIRS));
    }

    @Test
    void swappedAnswersAreNotTheDifferencesOfTheLoss() {
        fails(() -> ObjectiveLaws.gradientsAreDifferences(new Faulty(DPO, (same, scored, step) -> {
            var weighed = same.weigh(scored, step);
            var gradient = weighed.gradients().column(Column.LOG_PROB).orElseThrow();
            for (int n = 0; n < scored.targets().mask().length; n++) {
                gradient[n] = -gradient[n];
            }
            return weighed;
        }), PAIRS));
    }
}
