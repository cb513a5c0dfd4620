package dev.leeway.laws;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.LeewayException.Kind;
import dev.leeway.faults.Refusal;
import dev.leeway.ffi.DType;
import dev.leeway.io.AdapterConfig;
import dev.leeway.io.JsonFile;
import dev.leeway.model.Batch;
import dev.leeway.model.Family;
import dev.leeway.model.Llama;
import dev.leeway.model.ModelDirectory;
import dev.leeway.model.Parameter;
import dev.leeway.model.TinyModel;
import dev.leeway.objective.SupervisedFineTuning;
import dev.leeway.tensor.Bfloat16;
import dev.leeway.tensor.Device;
import dev.leeway.tensor.Tensor;
import dev.leeway.train.AdamW;
import dev.leeway.train.Schedule;
import dev.leeway.train.StepReport;
import dev.leeway.train.TrainingSession;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a model in bf16 computes is what it computes in fp32, but for the rounding of what it holds. */
final class Bfloat16Test {

    /**
     * What is rounded to bf16 on the way of a log-prob through two layers: in each the norm, queries, keys and values with their own norms
     * and rotations, what attention and o_proj give, a norm of that, the stream, and as many in the MLP: 16; embedding and last norm.
     */
    private static final int ROUNDINGS = 2 * 16 + 2;
    /**
     * Relative error of a state that K roundings have touched. Each is off by at most u = 2⁻⁸ of what it rounds, evenly between: u/√3.
     * Their signs are random, so they add up to u √(K/3); a logit's difference from the others has two of them. Tests allow twice that,
     * for what sharp attention amplifies.
     */
    private static final double RELATIVE = 0x1p-8 * Math.sqrt(2 * ROUNDINGS / 3.0);
    private static final List<Optional<AdapterConfig>> ADAPTERS = List.of(Optional.empty(), Small.everywhere());
    private static final List<Batch> BATCH = List.of(Batch.of(TinyModel.sequences(Family.VOCABULARY, 4, 40, 33, 7)));

    private static TrainingSession.Settings settings(Optional<AdapterConfig> adapter, DType dtype) {
        return new TrainingSession.Settings(adapter, 64, 80, 3, AdamW.Settings.standard(), 0).withDtype(dtype);
    }

    /** A model in both types with the same weights, which bf16 holds exactly. */
    private record Both(Device device, TrainingSession wide, TrainingSession narrow) implements AutoCloseable {

        static Both open(Family family, Optional<AdapterConfig> adapter) {
            var device = Device.open("cpu", 2);
            var both = new Both(device, TrainingSession.open(family.config(), settings(adapter, DType.F32), device),
                TrainingSession.open(family.config(), settings(adapter, DType.BF16), device));
            TinyModel.randomize(both.narrow.model(), 1);
            var narrow = both.narrow.model().parameters();
            for (int i = 0; i < narrow.size(); i++) {
                device.upload(device.floats(narrow.get(i).value()), both.wide.model().parameters().get(i).value());
            }
            return both;
        }

        @Override
        public void close() {
            wide.close();
            narrow.close();
            device.close();
        }
    }

    private static List<StepReport> train(TrainingSession session, int steps, double rate) {
        var reports = new ArrayList<StepReport>();
        session.trainer(new SupervisedFineTuning(), new Schedule(Schedule.Kind.CONSTANT, 0, steps, 0), rate)
            .train(Small.repeating(BATCH), reports::add);
        return reports;
    }

    /** Differences of two lists of arrays. */
    private static double[] differences(List<float[]> a, List<float[]> b) {
        return IntStream.range(0, a.size()).boxed().flatMapToDouble(i -> IntStream.range(0, a.get(i).length)
            .mapToDouble(k -> (double) a.get(i)[k] - b.get(i)[k])).toArray();
    }

    private static double rms(double[] values) {
        return Math.sqrt(Arrays.stream(values).map(x -> x * x).average().orElseThrow());
    }

    private static double spread(double[] values) {
        double mean = Arrays.stream(values).average().orElseThrow();
        return rms(Arrays.stream(values).map(x -> x - mean).toArray());
    }

    private static double[] scored(double[] logProbs) {
        return Arrays.stream(logProbs).filter(x -> x != 0).toArray();
    }

    /** See {@link #ROUNDINGS}: the log-probs of the trained tokens differ as a random walk of roundings lets them, and their mean. */
    @ParameterizedTest
    @EnumSource
    void scoresAreThoseOfFp32WithinTheRoundingOfWhatIsHeld(Family family) {
        for (var adapter : ADAPTERS) {
            try (var both = Both.open(family, adapter)) {
                var wide = scored(Small.logProbs(both.wide.model(), BATCH.getFirst()));
                var narrow = scored(Small.logProbs(both.narrow.model(), BATCH.getFirst()));
                var errors = IntStream.range(0, wide.length).mapToDouble(i -> wide[i] - narrow[i]).toArray();
                assertTrue(rms(errors) <= 2 * RELATIVE * spread(wide), family + ": " + rms(errors) + " of spread " + spread(wide));
                double mean = Arrays.stream(errors).average().orElseThrow();
                assertEquals(0, mean, 3 * 2 * RELATIVE * spread(wide) / Math.sqrt(wide.length), "the loss");
                assertTrue(rms(errors) > 1e-5, "bf16 is no fp32");
            }
        }
    }

    /**
     * A gradient goes the same way forth and back, so all of them together are off by √2 of it. One tensor may be a small difference of
     * large terms, as behind the softmax, where adding the same to all keys changes nothing: six times that.
     */
    @ParameterizedTest
    @EnumSource
    void gradientsAreThoseOfFp32WithinTheRoundingOfWhatIsHeld(Family family) {
        for (var adapter : ADAPTERS) {
            try (var both = Both.open(family, adapter)) {
                train(both.wide, 1, 0);
                train(both.narrow, 1, 0);
                var wide = Small.gradients(both.wide.model());
                var narrow = Small.gradients(both.narrow.model());
                double norm = rms(differences(wide, wide.stream().map(values -> new float[values.length]).toList()));
                double all = rms(differences(wide, narrow)) / norm;
                assertTrue(all <= 2 * Math.sqrt(2) * RELATIVE, family + ": " + all);
                for (int i = 0; i < wide.size(); i++) {
                    double distance = Small.distance(wide.get(i), narrow.get(i));
                    assertTrue(distance <= 6 * Math.sqrt(2) * RELATIVE,
                        both.wide.model().trainedParameters().get(i).name() + ": " + distance);
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void trainingTakesTheWayOfFp32(Family family) {
        for (var adapter : ADAPTERS) {
            try (var both = Both.open(family, adapter)) {
                var wide = train(both.wide, 60, 3e-3).stream().mapToDouble(StepReport::loss).toArray();
                var narrow = train(both.narrow, 60, 3e-3).stream().mapToDouble(StepReport::loss).toArray();
                double mean = Arrays.stream(wide).average().orElseThrow();
                assertEquals(mean, Arrays.stream(narrow).average().orElseThrow(), RELATIVE * mean, "mean loss of the run");
                assertTrue(narrow[59] < 0.6 * narrow[0], family + " learns: " + narrow[0] + " to " + narrow[59]);
            }
        }
    }

    /** A hundredth of a weight's last place a step: bf16 alone would stay where it is for ever. */
    @Test
    void stepsBelowTheLastPlaceOfAWeightAddUpInItsMaster() {
        try (var device = Device.open("cpu", 2); var session = TrainingSession.open(Family.LLAMA.config(),
            settings(Optional.empty(), DType.BF16), device)) {
            TinyModel.randomize(session.model(), 1);
            var before = values(session.model(), Parameter::value);
            var reports = train(session, 100, 2e-5);
            assertTrue(reports.getLast().loss() < reports.getFirst().loss() - 0.05, "it learns");
            var values = values(session.model(), Parameter::value);
            var masters = values(session.model(), parameter -> parameter.master().orElseThrow());
            int moved = 0;
            for (int i = 0; i < values.size(); i++) {
                for (int k = 0; k < values.get(i).length; k++) {
                    assertEquals(Bfloat16.widen(Bfloat16.round(masters.get(i)[k])), values.get(i)[k]);
                    moved += values.get(i)[k] != before.get(i)[k] ? 1 : 0;
                }
            }
            assertTrue(moved > 1000, moved + " weights moved");
        }
    }

    private static List<float[]> values(Llama model, Function<Parameter, Tensor> tensor) {
        return model.trainedParameters().stream().map(parameter -> model.device().floats(tensor.apply(parameter))).toList();
    }

    @ParameterizedTest
    @EnumSource(names = {"LLAMA", "GEMMA3"})
    void savingLoadingAndSavingGivesTheSameBytes(Family family, @TempDir Path folder) throws IOException {
        try (var tiny = TinyModel.inference(family.config(), Optional.empty(), 80, 3, DType.BF16);
            var other = TinyModel.inference(family.config(), Optional.empty(), 80, 3, DType.BF16)) {
            ModelDirectory.save(tiny.model(), folder.resolve("first"), family.json(), folder);
            var saved = ModelDirectory.open(folder.resolve("first"));
            other.randomize(9);
            saved.loadInto(other.model());
            assertEquals(Small.hash(tiny.model()), Small.hash(other.model()));
            saved.save(other.model(), folder.resolve("second"));
            assertEquals("bfloat16", JsonFile.read(folder.resolve("first/config.json")).requireString("torch_dtype"));
        }
        for (var name : List.of("model.safetensors", "config.json")) {
            assertEquals(-1, Files.mismatch(folder.resolve("first").resolve(name), folder.resolve("second").resolve(name)), name);
        }
    }

    @Test
    void aTrainedModelIsSavedFromItsMasters(@TempDir Path folder) {
        try (var both = Both.open(Family.QWEN2, Optional.empty())) {
            train(both.narrow, 3, 1e-4);
            ModelDirectory.save(both.narrow.model(), folder.resolve("saved"), Family.QWEN2.json(), folder);
            assertEquals("float32", JsonFile.read(folder.resolve("saved/config.json")).requireString("torch_dtype"));
            int trained = Small.hash(both.narrow.model());
            TinyModel.randomize(both.narrow.model(), 9);
            ModelDirectory.open(folder.resolve("saved")).loadInto(both.narrow.model());
            assertEquals(trained, Small.hash(both.narrow.model()));
        }
    }

    /** W + s B A is rounded to bf16 as every weight is: once more for each product of the layers. */
    @ParameterizedTest
    @EnumSource
    void mergedWeightsSayWhatTheAdapterSaidButForTheirRounding(Family family) {
        try (var tiny = TinyModel.inference(family.config(), Small.lora(4), 80, 3, DType.BF16)) {
            var beside = scored(Small.logProbs(tiny.model(), BATCH.getFirst()));
            tiny.model().mergeAdapter();
            var merged = scored(Small.logProbs(tiny.model(), BATCH.getFirst()));
            var errors = IntStream.range(0, beside.length).mapToDouble(i -> beside[i] - merged[i]).toArray();
            assertTrue(rms(errors) > 0 && rms(errors) <= 2 * RELATIVE * spread(beside), family + ": " + rms(errors));
        }
    }

    @Test
    void theTermOfEmbeddingsIsNotMergedInBfloat16() {
        try (var tiny = TinyModel.inference(Family.LLAMA.config(), Small.everywhere(), 80, 3, DType.BF16)) {
            int before = Small.hash(tiny.model());
            Refusal.assertRefused(Kind.USAGE, () -> tiny.model().mergeAdapter(), "embed_tokens", "BF16", "F32");
            assertEquals(before, Small.hash(tiny.model()), "nothing was merged");
        }
    }
}
