package dev.leeway.objective;

import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** Faults that are easily made in losses of this family. Each is planted, and the law that is there for it fails. */
final class PlantedFaultsTest {

    private static final PolicyGradient SOUND = GrpoSettings.DEFAULTS.withPenalty(new KlPenalty(0.3, false)).objective();
    private static final PolicyBatch BATCH = PolicyBatch.random(11, 12);

    /** An objective that differs from another one in what it is given, or in what it makes of it. */
    private record Faulty(Objective objective, UnaryOperator<Scored> given, Change change) implements ObjectiveWrapper {
        @Override
        public Weighed weigh(Scored scored, Normalisers step) {
            return change.of(scored, given.apply(scored), step);
        }
    }

    private interface Change {
        Weighed of(Scored scored, Scored given, Normalisers step);
    }

    private static Faulty given(UnaryOperator<Scored> given) {
        return new Faulty(SOUND, given, (_, changed, step) -> SOUND.weigh(changed, step));
    }

    private static Faulty made(Change change) {
        return new Faulty(SOUND, UnaryOperator.identity(), change);
    }

    private static void fails(Runnable law) {
        assertThrows(AssertionError.class, law::run);
    }

    private static Scored withTargets(Scored scored, Targets targets) {
        return new Scored(scored.policy(), scored.reference(), scored.old(), targets, scored.gradients());
    }

    @Test
    void aSoundObjectiveKeepsAllLaws() {
        PolicyLaws.gradientsAreDifferences(SOUND, BATCH);
        PolicyLaws.splitsChangeNothing(SOUND, BATCH);
        PolicyLaws.junkIsNotRead(SOUND, BATCH);
        PolicyLaws.completionsCountAlike(LossType.GRPO.aggregation(8));
    }

    @Test
    void aMaskThatIsOffByOneReadsJunk() {
        var shifted = given(scored -> {
            var mask = new boolean[scored.targets().mask().length];
            System.arraycopy(scored.targets().mask(), 0, mask, 1, mask.length - 1);
            return withTargets(scored, new Targets(mask, scored.targets().sequenceStarts(), scored.targets().unitIds(),
                scored.targets().advantages(), scored.targets().rewards()));
        });
        fails(() -> PolicyLaws.junkIsNotRead(shifted, BATCH));
    }

    @Test
    void denominatorsOfAMicroBatchAreNotThoseOfTheStep() {
        var local = made((scored, _, _) -> SOUND.weigh(scored, Normalisers.of(List.of(scored.targets()))));
        fails(() -> PolicyLaws.splitsChangeNothing(local, BATCH));
    }

    @Test
    void aPenaltyOfTheWrongSignIsNoDivergence() {
        fails(() -> PolicyLaws.penaltyAddsTheDivergence(beta -> new Faulty(SOUND, UnaryOperator.identity(), (scored, _, step) -> {
            var with = GrpoSettings.DEFAULTS.withPenalty(new KlPenalty(beta, false)).objective().weigh(scored, step);
            double kl = with.metrics().getOrDefault("kl", 0.0);
            return new Weighed(with.loss() - 2 * beta * kl, with.gradients(), with.metrics());
        }), BATCH));
        PolicyLaws.penaltyAddsTheDivergence(beta -> GrpoSettings.DEFAULTS.withPenalty(new KlPenalty(beta, false)).objective(), BATCH);
    }

    @Test
    void aPenaltyWhoseGradientHasTheWrongSignIsNotItsDifference() {
        var without = GrpoSettings.DEFAULTS.objective();
        var reversed = made((scored, _, step) -> {
            var policyOnly = without.weigh(scored, step).gradients().column(Column.LOG_PROB).orElseThrow().clone();
            var weighed = SOUND.weigh(scored, step);
            var gradient = weighed.gradients().column(Column.LOG_PROB).orElseThrow();
            for (int n = 0; n < gradient.length; n++) {
                gradient[n] = 2 * policyOnly[n] - gradient[n];
            }
            return weighed;
        });
        fails(() -> PolicyLaws.gradientsAreDifferences(reversed, BATCH));
    }

    @Test
    void aMeanOverTokensDoesNotCountCompletionsAlike() {
        fails(() -> PolicyLaws.completionsCountAlike(Aggregation.Mean.OF_TOKENS));
        fails(() -> PolicyLaws.completionsCountAlike(Aggregation.Mean.OF_COMPLETION_SUMS));
        fails(() -> PolicyLaws.completionsCountAlike(new Aggregation.FixedLength(8)));
    }

    /** On policy the ratio is 1 at every point, so a loss that takes it for a constant looks right and teaches nothing. */
    @Test
    void aRatioWithoutGradientIsNotTheDifferenceOfTheLoss() {
        var constant = made((scored, _, step) -> {
            var weighed = SOUND.weigh(scored, step);
            Arrays.fill(weighed.gradients().column(Column.LOG_PROB).orElseThrow(), 0);
            return weighed;
        });
        fails(() -> PolicyLaws.gradientsAreDifferences(constant, BATCH));
    }

    @Test
    void aSequenceRatioSpreadWithoutItsLengthIsNotTheDifferenceOfTheLoss() {
        var sound = GrpoSettings.DEFAULTS.withImportanceSamplingLevel(ImportanceLevel.SEQUENCE).objective();
        PolicyLaws.gradientsAreDifferences(sound, BATCH);
        var unspread = new Faulty(sound, UnaryOperator.identity(), (scored, _, step) -> {
            var weighed = sound.weigh(scored, step);
            var gradient = weighed.gradients().column(Column.LOG_PROB).orElseThrow();
            for (int s = 0; s < scored.targets().sequences(); s++) {
                for (int n = scored.targets().sequenceStarts()[s]; n < scored.targets().sequenceStarts()[s + 1]; n++) {
                    gradient[n] *= scored.targets().completionTokens(s);
                }
            }
            return weighed;
        });
        fails(() -> PolicyLaws.gradientsAreDifferences(unspread, BATCH));
    }
}
