package dev.leeway.train;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.leeway.LeewayException.Kind;
import dev.leeway.faults.Refusal;
import dev.leeway.ffi.DType;
import dev.leeway.io.AdapterConfig;
import dev.leeway.io.LoraScale;
import dev.leeway.io.ModuleSelection;
import dev.leeway.model.Batch;
import dev.leeway.model.Family;
import dev.leeway.model.Parameter;
import dev.leeway.model.TinyModel;
import dev.leeway.objective.Column;
import dev.leeway.objective.Normalisers;
import dev.leeway.objective.Objective;
import dev.leeway.objective.Scope;
import dev.leeway.objective.Scored;
import dev.leeway.objective.SupervisedFineTuning;
import dev.leeway.objective.Weighed;
import dev.leeway.tensor.Device;
import dev.leeway.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Poison at random places: the step stops, says where, and nothing has moved. */
final class GuardTest {

    private static final int TRIALS = 40;
    private static final float[] POISONS = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY};
    private static final SupervisedFineTuning PLAIN = new SupervisedFineTuning();

    private enum Trained { BASE, ADAPTER }

    /** Three micro-batches of one to three sequences; every sequence has a unit id of its own and something to learn. */
    private static final List<Batch> MICROS = List.of(batch(10, 9, 5), batch(20, 12), batch(30, 4, 6, 8));

    private static Batch batch(long firstUnit, int... lengths) {
        var sequences = new ArrayList<Batch.Sequence>();
        for (var sequence : TinyModel.sequences(Family.VOCABULARY, firstUnit, lengths)) {
            sequences.add(Batch.Sequence.allTrained(sequence.tokens(), firstUnit + sequence.unitId()));
        }
        return Batch.of(sequences);
    }

    private record Run(Device device, TrainingSession session) implements AutoCloseable {
        static Run open(Trained trained) {
            return open(trained, AdamW.Settings.standard());
        }

        static Run open(Trained trained, AdamW.Settings optimizer) {
            return open(trained, optimizer, DType.F32);
        }

        static Run open(Trained trained, AdamW.Settings optimizer, DType dtype) {
            var device = Device.open("cpu", 2);
            var lora = new AdapterConfig(LoraScale.of(4, 8), new ModuleSelection.AllLinear(), 0.1, List.of(), Optional.empty(), "");
            var adapter = Optional.of(lora).filter(any -> trained == Trained.ADAPTER);
            var settings = new TrainingSession.Settings(adapter, 64, 64, 4, optimizer, 0).withDtype(dtype);
            return new Run(device, TrainingSession.open(Family.QWEN3.config(), settings, device)).healthy();
        }

        Run healthy() {
            TinyModel.randomize(session.model(), 5);
            return this;
        }

        List<Parameter> parameters() {
            return session.model().parameters();
        }

        Tensor weight(String name) {
            return parameters().stream().filter(parameter -> parameter.name().equals(name)).findFirst().orElseThrow().value();
        }

        void poison(Tensor tensor, int element, float value) {
            var values = device.floats(tensor);
            values[element] = value;
            device.upload(values, tensor);
        }

        int hash() {
            var states = session.optimizer().states();
            int moments = states.stream().mapToInt(state -> 31 * hash(state.m()) + hash(state.v()))
                .reduce(1, (hash, next) -> 31 * hash + next);
            return parameters().stream().mapToInt(parameter -> 31 * hash(parameter.value()) + hash(parameter.stored()))
                .reduce(moments, (hash, next) -> 31 * hash + next);
        }

        private int hash(Tensor tensor) {
            return Arrays.hashCode(device.floats(tensor));
        }

        void train(Objective objective, int step) {
            session.trainer(objective, new Schedule(Schedule.Kind.CONSTANT, 0, 10, 0), 1e-2, 3)
                .train(steps(), step, step + 1, new StopRequest(), report -> { });
        }

        void requireStopped(Objective objective, int step, String... parts) {
            requireStopped(() -> train(objective, step), step, parts);
        }

        void requireStopped(Executable training, int step, String... parts) {
            int before = hash();
            var expected = new ArrayList<>(List.of("step " + (step + 1) + ":"));
            expected.addAll(List.of(parts));
            Refusal.assertRefused(Kind.NUMERICS, training, expected.toArray(String[]::new));
            assertEquals(before, hash(), "weights and moments stay");
        }

        @Override
        public void close() {
            session.close();
            device.close();
        }
    }

    private static <T> T any(Random random, List<T> choices) {
        return choices.get(random.nextInt(choices.size()));
    }

    private static float poison(Random random) {
        return POISONS[random.nextInt(POISONS.length)];
    }

    /** Plain fine-tuning that does something else to one micro-batch, known by its first unit. */
    private record Tampered(long unit, Tampering tampering) implements Objective {
        @Override
        public Set<Column> needs() {
            return PLAIN.needs();
        }

        @Override
        public Scope scope() {
            return PLAIN.scope();
        }

        @Override
        public Weighed weigh(Scored scored, Normalisers normalisers) {
            var weighed = PLAIN.weigh(scored, normalisers);
            return scored.targets().unitIds()[0] == unit ? tampering.with(weighed) : weighed;
        }
    }

    private interface Tampering {
        Weighed with(Weighed weighed);
    }

    private static Tampered lossless(int micro) {
        return new Tampered(MICROS.get(micro).unitIds()[0], weighed -> new Weighed(Double.NaN, weighed.gradients(), weighed.metrics()));
    }

    private static String place(int micro) {
        return "(micro-batch %d, row %d".formatted(micro + 1, MICROS.get(micro).unitIds()[0] + 1);
    }

    @ParameterizedTest
    @EnumSource
    void aWeightIsNamedWhereverItIsEvenWhereNoTokenReadsIt(Trained trained) {
        try (var run = Run.open(trained)) {
            for (int trial = 0; trial < TRIALS; trial++) {
                var random = new Random(trial);
                var parameter = any(random, run.parameters());
                run.healthy().poison(parameter.value(), random.nextInt((int) parameter.value().count()), poison(random));
                run.requireStopped(PLAIN, trial, "weight " + parameter.name() + " has 1 element");
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void aGradientIsNamedWithItsMicroBatchAndRows(Trained trained) {
        try (var run = Run.open(trained)) {
            for (int trial = 0; trial < TRIALS; trial++) {
                var random = new Random(trial);
                int micro = random.nextInt(MICROS.size());
                var parameter = any(random, run.session().model().trainedParameters());
                var gradient = parameter.gradient().orElseThrow();
                int element = random.nextInt((int) gradient.count());
                float value = poison(random);
                run.requireStopped(new Tampered(MICROS.get(micro).unitIds()[0], weighed -> {
                    run.poison(gradient, element, value);
                    return weighed;
                }), trial, "gradient of " + parameter.name() + " has ", place(micro), "weights unchanged");
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void whatTheObjectiveAnswersIsNamedWithTheRowAlone(Trained trained) {
        try (var run = Run.open(trained)) {
            for (int trial = 0; trial < TRIALS; trial++) {
                var random = new Random(trial);
                int micro = random.nextInt(MICROS.size());
                var batch = MICROS.get(micro);
                int sequence = random.nextInt(batch.sequences());
                int position = batch.sequenceStarts()[sequence];
                run.requireStopped(new Tampered(batch.unitIds()[0], weighed -> {
                    weighed.gradients().column(Column.LOG_PROB).orElseThrow()[position] = poison(random);
                    return weighed;
                }), trial, "derivative by LOG_PROB", "(micro-batch %d, row %d)".formatted(micro + 1, batch.unitIds()[sequence] + 1));
                run.requireStopped(lossless(micro), trial, "the loss is NaN", place(micro));
            }
        }
    }

    /** A finite weight of 3.4e38 in a norm overflows wherever the normed element exceeds 1, which some of 44 rows do. */
    @ParameterizedTest
    @EnumSource
    void anActivationThatOverflowsIsNamedByItsLayer(Trained trained) {
        try (var run = Run.open(trained)) {
            for (int trial = 0; trial < TRIALS; trial++) {
                var random = new Random(trial);
                int layer = random.nextInt(3);
                var name = layer == 2 ? "model.norm" : "model.layers." + layer + ".post_attention_layernorm";
                var weight = run.weight(name + ".weight");
                run.healthy().poison(weight, random.nextInt((int) weight.count()), Float.MAX_VALUE);
                var blamed = layer == 2 ? "model.norm" : "model.layers." + layer;
                run.requireStopped(PLAIN, trial, "the output of " + blamed + " is not finite", "micro-batch 1");
            }
        }
    }

    @Test
    void trainingGoesOnAfterwardsAsIfNothingHadHappened() {
        try (var run = Run.open(Trained.BASE); var fresh = Run.open(Trained.BASE)) {
            run.requireStopped(lossless(1), 0, place(1));
            run.train(PLAIN, 0);
            fresh.train(PLAIN, 0);
            assertEquals(fresh.hash(), run.hash());
        }
    }

    @ParameterizedTest
    @EnumSource
    void anEmbeddingIsNamedWithTheFirstRowsThatReadIt(Trained trained) {
        try (var run = Run.open(trained)) {
            var table = run.weight("model.embed_tokens.weight");
            int width = (int) table.size(1);
            for (int trial = 0; trial < TRIALS; trial++) {
                var random = new Random(trial);
                int micro = random.nextInt(MICROS.size());
                int token = anyTokenBeforeTheLast(random, MICROS.get(micro));
                run.healthy().poison(table, token * width + random.nextInt(width), poison(random));
                run.requireStopped(PLAIN, trial, "weight " + table.name() + " has 1 element", firstReader(token));
            }
        }
    }

    private static int anyTokenBeforeTheLast(Random random, Batch batch) {
        int sequence = random.nextInt(batch.sequences());
        int first = batch.sequenceStarts()[sequence];
        return batch.tokens()[first + random.nextInt(batch.sequenceStarts()[sequence + 1] - first - 1)];
    }

    /** Micro-batch and rows of those sequences of the first micro-batch to read the token before their last position. */
    private static String firstReader(int token) {
        for (int micro = 0; micro < MICROS.size(); micro++) {
            var batch = MICROS.get(micro);
            var readers = IntStream.range(0, batch.sequences()).filter(s -> IntStream.range(batch.sequenceStarts()[s],
                batch.sequenceStarts()[s + 1] - 1).anyMatch(n -> batch.tokens()[n] == token)).toArray();
            if (readers.length > 0) {
                return "(micro-batch %d, %s)".formatted(micro + 1, Arrays.stream(readers)
                    .mapToObj(s -> "row " + (batch.unitIds()[s] + 1)).collect(Collectors.joining(", ")));
            }
        }
        throw new AssertionError("nothing reads " + token);
    }

    @ParameterizedTest
    @EnumSource
    void aMomentIsNamedThoughLossAndGradientAreFinite(Trained trained) {
        try (var run = Run.open(trained)) {
            run.train(PLAIN, 0);
            for (int trial = 0; trial < TRIALS; trial++) {
                var random = new Random(trial);
                var state = any(random, run.session().optimizer().states());
                var moment = trial % 2 == 0 ? state.m() : state.v();
                var healthy = run.device().floats(moment);
                run.poison(moment, random.nextInt(healthy.length), poison(random));
                run.requireStopped(PLAIN, trial, "moment " + moment.name() + " has 1 element", "nothing has moved");
                run.device().upload(healthy, moment);
            }
        }
    }

    /** All is finite before the update: a rate beyond floats spoils weights, a gradient of 1e25 without clipping its square in v. */
    @ParameterizedTest
    @EnumSource
    void anUpdateThatWouldSpoilWeightOrMomentIsTakenBack(Trained trained) {
        try (var run = Run.open(trained)) {
            var rate = new Schedule(Schedule.Kind.CONSTANT, 0, 10, 0);
            run.requireStopped(() -> run.session().trainer(PLAIN, rate, 1e39, 3).train(steps(), 1, report -> { }), 0,
                "the update would leave weight ", "(all 3 micro-batches, learning rate 1.0E39", "weights unchanged");
        }
        try (var run = Run.open(trained, new AdamW.Settings(0.9, 0.999, 1e-8, 0, 0))) {
            for (int trial = 0; trial < TRIALS; trial++) {
                var random = new Random(trial);
                var state = any(random, run.session().optimizer().states());
                var gradient = state.parameter().gradient().orElseThrow();
                int element = random.nextInt((int) gradient.count());
                run.requireStopped(new Tampered(MICROS.getLast().unitIds()[0], weighed -> {
                    run.poison(gradient, element, 1e25f);
                    return weighed;
                }), trial, "the update would leave moment " + state.v().name() + " with ", "weights unchanged");
                run.train(PLAIN, trial);
            }
        }
    }

    /** A bf16 weight is rounded from an fp32 master, which must come back as well. */
    @Test
    void anUpdateOfBf16WeightsIsTakenBackWithTheirMasters() {
        var rate = new Schedule(Schedule.Kind.CONSTANT, 0, 10, 0);
        try (var run = Run.open(Trained.BASE, AdamW.Settings.standard(), DType.BF16)) {
            run.train(PLAIN, 0);
            run.requireStopped(() -> run.session().trainer(PLAIN, rate, 1e39, 3).train(steps(), 1, 2, new StopRequest(), report -> { }), 1,
                "the update would leave weight ", "weights unchanged");
            run.train(PLAIN, 1);
        }
    }

    @Test
    void anUnhealthyEvaluationIsRefusedWithItsRows() {
        try (var run = Run.open(Trained.BASE)) {
            var weight = run.weight("model.norm.weight");
            run.poison(weight, 3, Float.NaN);
            run.session().model().nameRows(unit -> "rows.jsonl:" + unit);
            Refusal.assertRefused(Kind.NUMERICS, () -> run.session().trainer(PLAIN, new Schedule(Schedule.Kind.CONSTANT, 0, 1, 0), 1)
                .evaluate(MICROS), "loss is NaN", "rows.jsonl:10");
        }
    }

    @Test
    void rowsAreCalledWhatTheCallerCallsThem() {
        try (var run = Run.open(Trained.BASE)) {
            run.session().model().nameRows(unit -> "rows.jsonl:" + unit);
            run.requireStopped(lossless(2), 0, "(micro-batch 3, rows.jsonl:30, rows.jsonl:31, rows.jsonl:32)");
        }
    }

    private static BatchSource steps() {
        return new BatchSource() {
            @Override
            public List<Batch> step(int step) {
                return MICROS;
            }

            @Override
            public double epochs(int steps) {
                return steps;
            }
        };
    }
}
