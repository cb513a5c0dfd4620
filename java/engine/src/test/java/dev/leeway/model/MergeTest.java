package dev.leeway.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.LeewayException.Kind;
import dev.leeway.faults.Refusal;
import dev.leeway.io.AdapterConfig;
import dev.leeway.io.AdapterDirectory;
import dev.leeway.io.LoraScale;
import dev.leeway.io.ModuleSelection;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Base and adapter side by side, and the merged directory loaded again, say the same. */
final class MergeTest {

    /**
     * W + s B A rounds each element once more, by u of it, which is less than what the products of {@link OracleTest} round already; a
     * logit is known to 8e-6 of the largest, and two of them are compared.
     */
    private static final double BOUND = 2 * 8e-6;

    @TempDir
    private Path folder;

    private static List<int[]> probes() {
        var random = new Random(1);
        return List.of(random.ints(20, 0, Family.VOCABULARY).toArray(), random.ints(1, 0, Family.VOCABULARY).toArray(),
            random.ints(33, 0, Family.VOCABULARY).toArray());
    }

    /** Writes a base model, and an adapter trained on it. */
    private void write(Family family, AdapterConfig config) {
        try (var tiny = TinyModel.inference(family.config(), Optional.of(config), 40, 1)) {
            ModelDirectory.save(tiny.model(), folder.resolve("base"), family.json(), folder);
            ModelDirectory.open(folder.resolve("base")).saveAdapter(tiny.model(), config, folder.resolve("adapter"));
        }
    }

    private Merge.Difference merge(TinyModel any) {
        try (var adapter = AdapterDirectory.open(folder.resolve("adapter"))) {
            return new Merge(ModelDirectory.open(folder.resolve("base")), adapter, any.device()).into(folder.resolve("merged"), probes());
        }
    }

    @ParameterizedTest
    @EnumSource
    void theReloadedModelSaysWhatBaseAndAdapterSaid(Family family) {
        write(family, new AdapterConfig(LoraScale.of(4, 8), new ModuleSelection.AllLinear(), 0.1, List.of(), Optional.empty(), ""));
        try (var any = TinyModel.inference(family.config(), Optional.empty(), 40, 1)) {
            var difference = merge(any);
            assertTrue(difference.largestLogit() > 0.1, "the logits are not all zero");
            assertTrue(difference.largestDifference() <= BOUND * difference.largestLogit(), difference.toString());
            assertTrue(difference.largestDifference() > 0, "rounding shows; equal bits would mean that nothing was merged");
        }
    }

    /** The bound holds as well: E + s A Bᵀ rounds once for s A, once for each of R products and once for the sum. */
    @ParameterizedTest
    @EnumSource(names = {"LLAMA", "QWEN3", "MISTRAL"})
    void theTermOfTheEmbeddingsIsMergedToo(Family family) {
        write(family, new AdapterConfig(LoraScale.of(4, 6), ModuleSelection.names("embed_tokens", "lm_head"), 0.1, List.of(),
            Optional.empty(), ""));
        try (var any = TinyModel.inference(family.config(), Optional.empty(), 40, 1)) {
            var difference = merge(any);
            assertTrue(difference.largestDifference() <= BOUND * difference.largestLogit(), difference.toString());
            assertTrue(difference.largestDifference() > 0, difference.toString());
        }
    }

    @Test
    void modulesToSaveAndTheHeadsTermAreMergedToo() {
        write(Family.LLAMA, new AdapterConfig(LoraScale.of(4, 8), ModuleSelection.names("lm_head", "up_proj"), 0, List.of("embed_tokens"),
            Optional.empty(), ""));
        try (var any = TinyModel.inference(Family.LLAMA.config(), Optional.empty(), 40, 1)) {
            var difference = merge(any);
            assertTrue(difference.largestDifference() <= BOUND * difference.largestLogit(), difference.toString());
            Refusal.assertRefused(Kind.USAGE, () -> merge(any), "holds a model already");
            assertEquals(Family.LLAMA.config(), ModelDirectory.open(folder.resolve("merged")).config());
        }
    }
}
