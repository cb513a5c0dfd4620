package dev.leeway.laws;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.LeewayException.Kind;
import dev.leeway.faults.Refusal;
import dev.leeway.io.AdapterConfig;
import dev.leeway.io.LoraScale;
import dev.leeway.io.ModuleSelection;
import dev.leeway.model.Batch;
import dev.leeway.model.Batch.Sequence;
import dev.leeway.model.TinyModel;
import dev.leeway.model.TrainingNoise;
import dev.leeway.objective.Column;
import dev.leeway.objective.ContrastivePreference;
import dev.leeway.objective.DirectPreference;
import dev.leeway.objective.KahnemanTversky;
import dev.leeway.objective.Normalisers;
import dev.leeway.objective.Objective;
import dev.leeway.objective.OddsRatioPreference;
import dev.leeway.objective.PairLoss;
import dev.leeway.objective.Scope;
import dev.leeway.objective.Scored;
import dev.leeway.objective.Weighed;
import dev.leeway.tensor.Device;
import dev.leeway.tensor.TestDevice;
import dev.leeway.train.AdamW;
import dev.leeway.train.Method;
import dev.leeway.train.Reference;
import dev.leeway.train.Schedule;
import dev.leeway.train.StepReport;
import dev.leeway.train.TrainingSession;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * How the units of a step are split into micro-batches changes its loss and metrics by no more than a sum in double can, and its gradients
 * by no more than a sum in fp32 can ({@link BatchingTest} derives the bound): every score is the same in bits, and all denominators are
 * those of the step.
 */
final class SplitTest {

    private static final int LONGEST = 60;
    private static final int UNITS = 12;

    /** An objective, and what of a step must stay together. */
    private enum Case {
        DPO(new DirectPreference(PairLoss.SIGMOID, DirectPreference.Settings.of(0.1)), 2),
        IPO(new DirectPreference(PairLoss.IPO, DirectPreference.Settings.of(0.1)), 2),
        SIMPO(new ContrastivePreference(ContrastivePreference.Settings.simpo(2, 1)), 2),
        ORPO(new OddsRatioPreference(0.1), 2),
        GROUPED(new Baseline(), 4),
        KTO(new KahnemanTversky(0.1), 1);

        private final Objective objective;
        private final int unit;

        Case(Objective objective, int unit) {
            this.objective = objective;
            this.unit = unit;
        }

        /** Whole units; labels go +1, 0, −1 so that micro-batches of one, two and four sequences have all kinds of them. */
        private List<Sequence> sequences() {
            var lengths = new int[UNITS * unit];
            for (int i = 0; i < lengths.length; i++) {
                lengths[i] = 2 + 13 * i % (LONGEST - 2);
            }
            var plain = TinyModel.sequences(Small.VOCABULARY, 3, lengths);
            var sequences = new ArrayList<Sequence>();
            for (int i = 0; i < lengths.length; i++) {
                sequences.add(told(Sequence.allTrained(plain.get(i).tokens(), i / unit), i));
            }
            return sequences;
        }

        private Sequence told(Sequence sequence, int index) {
            if (this == KTO) {
                return sequence.withReward(index % 3 - 1);
            }
            if (this == ORPO && index % 2 == 0) {
                var answer = new boolean[sequence.tokens().length];
                Arrays.fill(answer, answer.length / 2, answer.length, true);
                return sequence.withCompletion(answer);
            }
            return sequence;
        }
    }

    /** −Σ over the sequences of a group of (ℓ − mean ℓ)² / sequences, ℓ the sum of log-probs: its gradient needs the whole group. */
    private static final class Baseline implements Objective {
        @Override
        public Set<Column> needs() {
            return Set.of(Column.LOG_PROB);
        }

        @Override
        public Scope scope() {
            return Scope.GROUP;
        }

        @Override
        public Weighed weigh(Scored scored, Normalisers normalisers) {
            var targets = scored.targets();
            var gradient = scored.gradients().room(Column.LOG_PROB, targets.mask().length);
            double loss = 0;
            for (int first = 0; first < targets.sequences(); first += 4) {
                var sums = new double[4];
                double mean = 0;
                for (int i = 0; i < 4; i++) {
                    for (int n = targets.sequenceStarts()[first + i]; n < targets.sequenceStarts()[first + i + 1]; n++) {
                        sums[i] += targets.mask()[n] ? scored.policy().logProb()[n] : 0;
                    }
                    mean += sums[i] / 4;
                }
                for (int i = 0; i < 4; i++) {
                    double off = sums[i] - mean;
                    loss -= off * off / normalisers.sequences();
                    for (int n = targets.sequenceStarts()[first + i]; n < targets.sequenceStarts()[first + i + 1]; n++) {
                        gradient[n] = targets.mask()[n] ? -2 * off / normalisers.sequences() : 0;
                    }
                }
            }
            return new Weighed(loss, scored.gradients(), Map.of());
        }
    }

    private record Step(StepReport report, List<float[]> gradients) {
    }

    private static Step step(TrainingSession session, Objective objective, List<Batch> micros) {
        var reports = new ArrayList<StepReport>();
        var method = Method.of(objective).withReference(Reference.adapterOff(session.model()));
        session.trainer(method, new Schedule(Schedule.Kind.CONSTANT, 0, 1, 0), 0, new TrainingNoise(7, 0))
            .train(Small.repeating(micros), reports::add);
        return new Step(reports.getFirst(), Small.gradients(session.model()));
    }

    private static List<Batch> split(List<Sequence> sequences, int perMicroBatch) {
        var micros = new ArrayList<Batch>();
        for (int s = 0; s < sequences.size(); s += perMicroBatch) {
            micros.add(Batch.of(sequences.subList(s, Math.min(sequences.size(), s + perMicroBatch))));
        }
        return micros;
    }

    /** With dropout, whose masks do not depend on the micro-batch either. */
    private static TrainingSession open(Device device) {
        var plain = AdapterConfig.of(LoraScale.of(4, 8), new ModuleSelection.AllLinear());
        var dropping = new AdapterConfig(plain.scale(), plain.targetModules(), 0.1, List.of(), plain.taskType(), "");
        var session = TrainingSession.open(Small.CONFIG, new TrainingSession.Settings(Optional.of(dropping), LONGEST, 4 * UNITS * LONGEST,
            4 * UNITS, AdamW.Settings.standard(), 0), device);
        TinyModel.randomize(session.model(), 1);
        return session;
    }

    @ParameterizedTest
    @EnumSource
    void anySplitOfWholeUnitsGivesTheSameStep(Case one) {
        try (var device = TestDevice.open(2); var session = open(device)) {
            var sequences = one.sequences();
            var whole = step(session, one.objective, List.of(Batch.of(sequences)));
            for (int units : new int[] {1, 2, 5}) {
                requireSame(session, whole, step(session, one.objective, split(sequences, units * one.unit)));
            }
        }
    }

    private static void requireSame(TrainingSession session, Step whole, Step parts) {
        // Two orders of n additions in double are 2 n 2⁻⁵³ Σ|x| apart at most; n tokens leave Σ|x| ≤ 4.5 max(1, |Σx|).
        double rounding = 1e-15 * whole.report().trainedTokens();
        assertEquals(whole.report().loss(), parts.report().loss(), rounding * Math.max(1, Math.abs(whole.report().loss())));
        assertEquals(whole.report().metrics().keySet(), parts.report().metrics().keySet());
        whole.report().metrics().forEach((name, value) ->
            assertEquals(value, parts.report().metrics().get(name), rounding * Math.max(1, Math.abs(value)), name));
        double bound = 6 * 0x1p-24 * Math.sqrt(whole.report().tokens());
        for (int i = 0; i < whole.gradients().size(); i++) {
            double distance = Small.distance(whole.gradients().get(i), parts.gradients().get(i));
            assertTrue(distance <= bound, session.model().trainedParameters().get(i).name() + ": " + distance + " of " + bound);
        }
    }

    @Test
    void aPairThatMicroBatchesTearIsRefused() {
        try (var device = TestDevice.open(1); var session = open(device)) {
            var sequences = Case.DPO.sequences();
            Refusal.assertRefused(Kind.DATA, () -> step(session, Case.DPO.objective, split(sequences, 3)), "step 1, micro-batch 1",
                "sequence 3 (row 2) has no partner");
            var odd = sequences.subList(1, 5);
            Refusal.assertRefused(Kind.DATA, () -> step(session, Case.DPO.objective, List.of(Batch.of(odd))), "sequence 1 (row 1)");
        }
    }

    @Test
    void aGroupThatMicroBatchesTearIsRefused() {
        try (var device = TestDevice.open(1); var session = open(device)) {
            Refusal.assertRefused(Kind.DATA, () -> step(session, Case.GROUPED.objective, split(Case.GROUPED.sequences(), 6)),
                "step 1: the sequences of row 2 are in micro-batches 1 and 2");
        }
    }
}
