package dev.leeway.laws;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.LeewayException.Kind;
import dev.leeway.faults.Refusal;
import dev.leeway.model.Batch;
import dev.leeway.model.Llama;
import dev.leeway.model.Parameter;
import dev.leeway.objective.Advantages;
import dev.leeway.objective.Column;
import dev.leeway.objective.GrpoSettings;
import dev.leeway.objective.ImportanceLevel;
import dev.leeway.objective.KlPenalty;
import dev.leeway.objective.LossType;
import dev.leeway.objective.TokenGradients;
import dev.leeway.train.AdamW;
import dev.leeway.train.AdvantageRule;
import dev.leeway.train.Drawn;
import dev.leeway.train.Experience;
import dev.leeway.train.ReplayOrder;
import dev.leeway.train.RewardSource;
import dev.leeway.train.RolloutListener;
import dev.leeway.train.RolloutSettings.Agreement;
import dev.leeway.train.RolloutSettings.MicroBatch;
import dev.leeway.train.RolloutSettings.Shaping;
import dev.leeway.laws.RewardedRun.Wiring;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** A step on a rollout moves the policy as its rewards say, however it is cut, and by nothing else. */
final class RewardedStepTest {

    private static final ReplayOrder ONCE = new ReplayOrder(16, 1, 1, false, RewardedRun.SEED);
    private static final int GROUP = 4;

    /** GRPO that draws and computes but does not move. */
    private static Wiring resting() {
        return Wiring.of(RewardedRun.Kind.GRPO, ONCE).with(AdamW.Settings.standard(), 0);
    }

    /** What is wrong with what a step is compared with. */
    private enum Fault { NONE, WRONG_SIGN, ANOTHER_GROUPS_ADVANTAGES, NORMALISER_OF_A_MICRO_BATCH }

    /** Only the comparison without a fault may succeed, by the bound that {@link BatchingTest} derives. */
    @ParameterizedTest
    @EnumSource
    void theGradientOfAStepIsThatOfItsAdvantagesAndOfNoneThatIsWrong(Fault fault) {
        try (var run = RewardedRun.open(resting(), RewardedRun.varied())) {
            run.train(1);
            var found = Small.gradients(run.session().model());
            var expected = gradients(run, fault);
            double worst = 0;
            for (int i = 0; i < found.size(); i++) {
                worst = Math.max(worst, Small.distance(expected.get(i), found.get(i)));
            }
            double bound = 6 * 0x1p-24 * Math.sqrt(run.steps.getFirst().tokens());
            assertTrue(fault == Fault.NONE ? worst <= bound : worst > 1000 * bound, worst + " of " + bound);
        }
    }

    /** Σ −A_s / T ∇ℓ, completion by completion, from the rewards that the run has reported. */
    private static List<float[]> gradients(RewardedRun run, Fault fault) {
        var rollout = run.rollouts.getFirst();
        var model = run.session().model();
        model.zeroGradients();
        long tokens = rollout.drawn().stream().mapToLong(one -> one.completion().tokens().length).sum();
        for (int i = 0; i < rollout.drawn().size(); i++) {
            int asked = fault == Fault.ANOTHER_GROUPS_ADVANTAGES ? (i + GROUP) % rollout.drawn().size() : i;
            double advantage = advantage(rollout.rewards()[0], asked) * (fault == Fault.WRONG_SIGN ? -1 : 1);
            long counted = fault == Fault.NORMALISER_OF_A_MICRO_BATCH ? 5 * rollout.drawn().get(i).completion().tokens().length : tokens;
            addGradient(model, rollout.drawn().get(i), -advantage / counted);
        }
        return Small.gradients(model);
    }

    private static double advantage(double[] rewards, int place) {
        var group = Arrays.copyOfRange(rewards, place / GROUP * GROUP, place / GROUP * GROUP + GROUP);
        double mean = Arrays.stream(group).sum() / GROUP;
        double squares = Arrays.stream(group).map(reward -> (reward - mean) * (reward - mean)).sum();
        return (rewards[place] - mean) / (Math.sqrt(squares / (GROUP - 1)) + 1e-4);
    }

    private static void addGradient(Llama model, Drawn one, double byLogProb) {
        var batch = Batch.of(List.of(Experience.of(one.prompt(), one.completion(), 0).sequence(0)));
        model.score(batch, Set.of(Column.LOG_PROB));
        var slopes = new double[batch.rows()];
        for (int n = 0; n < slopes.length; n++) {
            slopes[n] = batch.mask()[n] ? byLogProb : 0;
        }
        model.backward(batch, new TokenGradients().with(Column.LOG_PROB, slopes));
    }

    static Stream<GrpoSettings> losses() {
        var token = Stream.of(LossType.GRPO, LossType.BNPO, LossType.DR_GRPO, LossType.DAPO, LossType.CISPO, LossType.SAPO, LossType.VESPO)
            .map(GrpoSettings.DEFAULTS::withLossType);
        var sequence = Stream.of(LossType.GRPO, LossType.DAPO, LossType.LUSPO)
            .map(type -> GrpoSettings.DEFAULTS.withImportanceSamplingLevel(ImportanceLevel.SEQUENCE).withLossType(type));
        var penalised = GrpoSettings.DEFAULTS.withPenalty(new KlPenalty(0.1, true));
        return Stream.of(token, sequence, Stream.of(penalised)).flatMap(all -> all);
    }

    /** What a step on a policy that is no longer the one that drew comes to; every ratio differs from 1. */
    private static RewardedRun offPolicy(GrpoSettings loss, MicroBatch micro) {
        var run = RewardedRun.open(resting().with(loss).with(Agreement.MEASURED).with(micro), RewardedRun.varied());
        run.data.step(0);
        nudge(run.session().model());
        return run.train(1);
    }

    /** Multiplies every adapter weight by 1.01. */
    private static void nudge(Llama model) {
        try (var arena = Arena.ofConfined()) {
            for (var parameter : model.adapterParameters()) {
                var values = model.device().floats(parameter.value());
                for (int i = 0; i < values.length; i++) {
                    values[i] *= 1.01f;
                }
                parameter.set(model.device(), arena.allocateFrom(ValueLayout.JAVA_FLOAT, values), 0);
            }
        }
    }

    /** {@link SplitTest} derives the bound of losses and metrics, {@link BatchingTest} that of gradients. */
    @ParameterizedTest
    @MethodSource("losses")
    void howARolloutIsCutIntoMicroBatchesChangesNothingButTheRoundingOfSums(GrpoSettings loss) {
        try (var whole = offPolicy(loss, new MicroBatch(16, 400))) {
            for (var micro : new MicroBatch[] {new MicroBatch(1, 20), new MicroBatch(5, 60)}) {
                try (var parts = offPolicy(loss, micro)) {
                    assertEquals(RewardedRun.tokens(whole.rollouts.getFirst()), RewardedRun.tokens(parts.rollouts.getFirst()));
                    requireSame(whole, parts);
                }
            }
        }
    }

    private static void requireSame(RewardedRun whole, RewardedRun parts) {
        var expected = whole.steps.getFirst();
        var found = parts.steps.getFirst();
        double rounding = 1e-15 * expected.trainedTokens();
        assertEquals(expected.loss(), found.loss(), rounding * Math.max(1, Math.abs(expected.loss())));
        assertEquals(expected.metrics().keySet(), found.metrics().keySet());
        expected.metrics().forEach((name, value) ->
            assertEquals(value, found.metrics().get(name), rounding * Math.max(1, Math.abs(value)), name));
        double bound = 6 * 0x1p-24 * Math.sqrt(expected.tokens());
        var gradients = Small.gradients(whole.session().model());
        var others = Small.gradients(parts.session().model());
        for (int i = 0; i < gradients.size(); i++) {
            double distance = Small.distance(gradients.get(i), others.get(i));
            assertTrue(distance <= bound, whole.session().model().trainedParameters().get(i).name() + ": " + distance + " of " + bound);
        }
    }

    @Test
    void aLogProbThatIsNotTheTrainersIsAnErrorThatNamesCompletionAndToken() {
        try (var run = RewardedRun.open(resting(), RewardedRun.varied())) {
            run.data.step(0);
            nudge(run.session().model());
            Refusal.assertRefused(Kind.NUMERICS, () -> run.train(1), "step 1: completion ", " of prompt ", "token 1 (id ", "bit for bit");
        }
    }

    @Test
    void whereTheyMayDifferTheirRatiosAreMeasured() {
        try (var run = offPolicy(GrpoSettings.DEFAULTS, new MicroBatch(5, 60));
            var same = RewardedRun.open(resting().with(Agreement.MEASURED), RewardedRun.varied()).train(1)) {
            var metrics = run.steps.getFirst().metrics();
            assertTrue(metrics.get("sampling/sampling_logp_difference/max") > 0);
            assertTrue(metrics.get("sampling/importance_sampling_ratio/min") < 1);
            double shares = metrics.entrySet().stream().filter(entry -> entry.getKey().startsWith("sampling/ratio_histogram/"))
                .mapToDouble(entry -> entry.getValue()).sum();
            assertEquals(1, shares, 1e-12, "nine shares of a whole, each rounded once");
            assertEquals(0, same.steps.getFirst().metrics().get("sampling/sampling_logp_difference/max"));
            assertEquals(1, same.steps.getFirst().metrics().get("sampling/ratio_histogram/below_1.01"));
        }
    }

    static Stream<Wiring> comparing() {
        var none = new AdvantageRule.GroupRelative(Advantages.Scale.NONE, AdvantageRule.MultiObjective.SUM_THEN_NORMALIZE);
        var batch = new AdvantageRule.GroupRelative(Advantages.Scale.BATCH, AdvantageRule.MultiObjective.SUM_THEN_NORMALIZE);
        var objectives = new AdvantageRule.GroupRelative(Advantages.Scale.GROUP, AdvantageRule.MultiObjective.NORMALIZE_THEN_SUM);
        var free = new AdvantageRule.LeaveOneOut(0, false, Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY);
        var grpo = Wiring.of(RewardedRun.Kind.GRPO, ONCE);
        return Stream.of(grpo, grpo.with(none), grpo.with(batch), grpo.with(objectives),
            Wiring.of(RewardedRun.Kind.RLOO, ONCE).with(free), Wiring.of(RewardedRun.Kind.REINFORCE, ONCE).with(free));
    }

    /** 0.7 is no binary number: (4 · 0.7 − 0.7) / 3 is not quite it in double. */
    @ParameterizedTest
    @MethodSource("comparing")
    void aConstantRewardLeavesThePolicyToItsWeightDecayAlone(Wiring wiring) {
        var constant = RewardedRun.rewarding(one -> 0.7);
        try (var still = RewardedRun.open(wiring, constant)) {
            int before = Small.hash(still.session().model());
            still.train(2);
            assertEquals(before, Small.hash(still.session().model()));
            assertEquals(1, still.steps.getFirst().metrics().get("frac_reward_zero_std"));
        }
        try (var decaying = RewardedRun.open(wiring.with(new AdamW.Settings(0.9, 0.999, 1e-8, 0.1, 1.0), 0.01), constant)) {
            var before = values(decaying);
            decaying.train(1);
            var after = values(decaying);
            for (int p = 0; p < before.size(); p++) {
                for (int i = 0; i < before.get(p).length; i++) {
                    before.get(p)[i] *= (float) (1 - 0.01 * 0.1);
                }
                assertArrayEquals(before.get(p), after.get(p));
            }
        }
    }

    private static List<float[]> values(RewardedRun run) {
        var model = run.session().model();
        return model.trainedParameters().stream().map(Parameter::value).map(model.device()::floats).toList();
    }

    private static List<RolloutListener.Report> reports(Wiring wiring, RewardSource rewards) {
        try (var run = RewardedRun.open(wiring, rewards)) {
            return new ArrayList<>(run.train(1).rollouts);
        }
    }

    @Test
    void groupsThatTeachNothingAreDrawnAgainFromOtherPromptsAsOftenAsMayBe() {
        var never = reports(resting().with(new Shaping(false, 0, 3, 1)), RewardedRun.rewarding(one -> 1)).getFirst();
        assertEquals(3, never.effort().redraws());
        assertEquals(4 * 16, never.effort().completions());
        assertTrue(never.drawn().stream().allMatch(one -> one.row() < 1000), "what teaches as little replaces nothing");
        // At their first draw the prompts of odd rows teach nothing; those that stand in for them, with rows from 1000 on, do.
        var odd = RewardedRun.rewarding(one -> one.row() < 1000 && one.row() % 2 == 1 ? 1 : RewardedRun.mean(one));
        var once = reports(resting().with(new Shaping(false, 0, 3, 1)), odd).getFirst();
        assertEquals(1, once.effort().redraws());
        assertEquals(16 + 8, once.effort().completions());
        assertEquals(List.of(0, 1001, 2, 1003), once.drawn().stream().map(Drawn::row).distinct().toList());
        assertEquals(0, reports(resting().with(new Shaping(false, 0, 3, 1)), RewardedRun.varied()).getFirst().effort().redraws());
    }

    @Test
    void lengthIsPunishedFromTheCacheOnAndWhatWasCutOffTeachesNothing() {
        var wiring = resting().with(new Shaping(true, 4, 0, 1));
        try (var run = RewardedRun.open(wiring, RewardedRun.varied()).train(1)) {
            var rollout = run.rollouts.getFirst();
            assertEquals(List.of("test", "overlong"), rollout.functions());
            long cutOff = 0;
            long kept = 0;
            for (int i = 0; i < rollout.drawn().size(); i++) {
                int tokens = rollout.drawn().get(i).completion().tokens().length;
                assertEquals(-Math.max(0, tokens - 8) / 4.0, rollout.rewards()[1][i]);
                assertEquals(rollout.rewards()[0][i] + rollout.rewards()[1][i], rollout.total()[i]);
                cutOff += rollout.drawn().get(i).isTerminated() ? 0 : 1;
                kept += rollout.drawn().get(i).isTerminated() ? tokens : 0;
            }
            assertTrue(cutOff > 0 && cutOff < 16, cutOff + " of 16");
            assertEquals(kept, run.steps.getFirst().trainedTokens());
            assertEquals(cutOff / 16.0, run.steps.getFirst().metrics().get("completions/clipped_ratio"));
        }
    }

    @Test
    void onlyTheTokensOfHighestEntropyKeepAPolicyTerm() {
        try (var run = RewardedRun.open(resting().with(new Shaping(false, 0, 0, 0.25)), RewardedRun.varied()).train(1)) {
            var drawn = run.rollouts.getFirst().drawn();
            var kept = new ArrayList<Double>();
            var left = new ArrayList<Double>();
            for (var micro : run.data.step(0)) {
                for (int s = 0; s < micro.sequences(); s++) {
                    var one = drawn.get((int) micro.unitIds()[s]);
                    int first = micro.sequenceStarts()[s] + one.prompt().length - 1;
                    for (int t = 0; t < one.completion().tokens().length; t++) {
                        (micro.objectiveTargets().advantages()[first + t] != 0 ? kept : left)
                            .add((double) one.completion().entropies()[t]);
                    }
                }
            }
            int all = kept.size() + left.size();
            assertEquals(drawn.stream().mapToInt(one -> one.completion().tokens().length).sum(), all);
            assertEquals(Math.ceil((all - 1) * 0.25), kept.size(), 1, "the quantile lies between two tokens");
            assertTrue(Collections.min(kept) > Collections.max(left), Collections.min(kept) + " " + Collections.max(left));
        }
    }

    /** Two functions whose sum is 1 for all, and neither of which is the same for two. */
    private static RewardSource opposed() {
        return new RewardSource() {
            @Override
            public List<String> names() {
                return List.of("one", "other");
            }

            @Override
            public double[] weights() {
                return new double[] {1, 1};
            }

            @Override
            public double[][] rewards(List<Drawn> drawn) {
                var rewards = drawn.stream().mapToDouble(RewardedRun::mean).toArray();
                return new double[][] {rewards, Arrays.stream(rewards).map(reward -> 1 - reward).toArray()};
            }
        };
    }

    @Test
    void whereEachFunctionIsScaledByItselfAGroupTeachesIfOneOfThemDiffers() {
        var wiring = resting().with(new Shaping(false, 0, 2, 1));
        assertEquals(2, reports(wiring, opposed()).getFirst().effort().redraws());
        var scaled = new AdvantageRule.GroupRelative(Advantages.Scale.GROUP, AdvantageRule.MultiObjective.NORMALIZE_THEN_SUM);
        assertEquals(0, reports(wiring.with(scaled), opposed()).getFirst().effort().redraws());
    }

    /** With a constant reward, advantages of a group differ by their divergences alone, and all that is masked has that of 0. */
    @Test
    void theDivergenceOfWhatIsMaskedIsNoPartOfRloosReward() {
        var wiring = Wiring.of(RewardedRun.Kind.RLOO, ONCE).with(AdamW.Settings.standard(), 0).with(new Shaping(true, 0, 0, 1));
        try (var run = RewardedRun.open(wiring, RewardedRun.rewarding(one -> 0.5)).train(1)) {
            var rollout = run.rollouts.getFirst();
            int pairs = 0;
            for (int i = 0; i < rollout.drawn().size(); i++) {
                for (int j = i / GROUP * GROUP; j < i; j++) {
                    double apart = Math.abs(rollout.advantages()[i] - rollout.advantages()[j]);
                    boolean masked = !rollout.drawn().get(i).isTerminated() && !rollout.drawn().get(j).isTerminated();
                    assertTrue(masked ? apart < 1e-15 : apart > 1e-6, i + ", " + j + ": " + apart);
                    pairs += masked ? 1 : 0;
                }
            }
            assertTrue(pairs > 0, "some group has two that were cut off");
        }
    }

    @Tag("device")
    @Test
    void oneStepOnThisBackEndMovesTheAdapterOnLogProbsThatAgree() {
        try (var run = RewardedRun.open(Wiring.of(RewardedRun.Kind.GRPO, new ReplayOrder(8, 1, 1, false, 1)), RewardedRun.varied())) {
            int before = Small.hash(run.session().model());
            run.train(1);
            assertTrue(before != Small.hash(run.session().model()));
            assertTrue(run.steps.getFirst().gradientNorm() > 0);
        }
    }
}
