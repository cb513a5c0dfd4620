package dev.leeway.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.LeewayException.Kind;
import dev.leeway.faults.Refusal;
import dev.leeway.io.AdapterConfig;
import dev.leeway.io.AdapterDirectory;
import dev.leeway.io.JsonFile;
import dev.leeway.io.LoraScale;
import dev.leeway.io.ModuleSelection;
import dev.leeway.objective.Column;
import dev.leeway.objective.TokenGradients;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An adapter that reaches the head or the embeddings: as a low-rank term, or replacing them as a whole. */
final class HeadAdapterTest {

    private static final Batch BATCH = Batch.of(TinyModel.sequences(Family.VOCABULARY, 1, 11, 19));
    private static final double SCALE = 2;

    private static AdapterConfig adapter(double dropout, List<String> whole, String... targets) {
        return new AdapterConfig(LoraScale.of(4, 4 * SCALE), ModuleSelection.names(targets), dropout, whole, Optional.of("CAUSAL_LM"), "");
    }

    private static TinyModel model(Family family, AdapterConfig adapter) {
        return TinyModel.training(family.config(), Optional.of(adapter), 30, 2, 2);
    }

    private static double loss(TinyModel tiny) {
        tiny.model().zeroGradients();
        double loss = -Arrays.stream(tiny.model().score(BATCH, Set.of(Column.LOG_PROB)).logProb()).sum();
        var minus = new double[BATCH.rows()];
        Arrays.fill(minus, -1);
        tiny.model().backward(BATCH, new TokenGradients().with(Column.LOG_PROB, minus));
        return loss;
    }

    /** The oracle's loss with W + s·B·A as its head. */
    private static double expected(java.util.Map<String, double[]> weights) {
        var merged = new java.util.HashMap<>(weights);
        var head = weights.get("lm_head.weight").clone();
        var a = weights.get("base_model.model.lm_head.lora_A.weight");
        var b = weights.get("base_model.model.lm_head.lora_B.weight");
        for (int i = 0; i < head.length; i++) {
            for (int r = 0; r < 4; r++) {
                head[i] += SCALE * b[i / 32 * 4 + r] * a[r * 32 + i % 32];
            }
        }
        merged.put("lm_head.weight", head);
        var oracle = new Oracle(Family.LLAMA.spec(), merged, SCALE);
        double loss = 0;
        for (int s = 0; s < BATCH.sequences(); s++) {
            int start = BATCH.sequenceStarts()[s];
            var hidden = oracle.hidden(Arrays.copyOfRange(BATCH.tokens(), start, BATCH.sequenceStarts()[s + 1]));
            for (int t = 0; t < hidden.length; t++) {
                if (BATCH.mask()[start + t]) {
                    var z = oracle.logits(hidden[t]);
                    loss += Math.log(Arrays.stream(z).map(Math::exp).sum()) - z[BATCH.targets()[start + t]];
                }
            }
        }
        return loss;
    }

    /** Bounds of {@link OracleTest}. */
    @Test
    void lowRankTermOfTheHeadEqualsTheOracle() {
        try (var tiny = model(Family.LLAMA, adapter(0, List.of(), "lm_head", "q_proj"))) {
            double found = loss(tiny);
            var weights = tiny.weights();
            assertEquals(expected(weights), found, 8e-6 * 4 * found);
            assertEquals(6, tiny.gradients().size());
            tiny.gradients().forEach((name, gradient) -> {
                for (int i : new int[] {0, gradient.length / 2, gradient.length - 1}) {
                    double kept = weights.get(name)[i];
                    weights.get(name)[i] = kept + 0x1p-17;
                    double above = expected(weights);
                    weights.get(name)[i] = kept - 0x1p-17;
                    double below = expected(weights);
                    weights.get(name)[i] = kept;
                    double largest = Arrays.stream(gradient).map(Math::abs).max().orElseThrow();
                    assertEquals((above - below) * 0x1p16, gradient[i], 4.4e-5 * largest, name + "[" + i + "]");
                }
            });
        }
    }

    @Test
    void logitsMergeAndDecodingSeeTheHeadsTerm() {
        try (var tiny = model(Family.LLAMA, adapter(0, List.of(), "lm_head"))) {
            int[] chunk = {3, 1, 4};
            var adapted = tiny.advance(0, chunk);
            tiny.decoding().clear(0);
            var base = tiny.model().withoutAdapter(() -> tiny.advance(0, chunk));
            assertFalse(Arrays.equals(base, adapted));
            tiny.decoding().clear(0);
            tiny.model().mergeAdapter();
            var merged = tiny.advance(0, chunk);
            for (int v = 0; v < merged.length; v++) {
                assertEquals(adapted[v], merged[v], 1e-5, "W + s B A is rounded once more, of logits below 10");
            }
        }
    }

    @Test
    void wholeModulesAreTrainedSavedAndLoaded(@TempDir Path folder) {
        var config = adapter(0.1, List.of("embed_tokens", "lm_head"), "q_proj");
        try (var tiny = model(Family.LLAMA, config); var other = model(Family.LLAMA, config)) {
            var trained = tiny.model().trainedParameters().stream().map(Parameter::name).toList();
            assertEquals(6, trained.size());
            assertTrue(trained.containsAll(List.of("model.embed_tokens.weight", "lm_head.weight")));
            JsonFile.write(folder.resolve("config.json"), Family.LLAMA.json().node());
            ModelDirectory.open(folder).saveAdapter(tiny.model(), config, folder.resolve("adapter"));
            other.randomize(9);
            try (var adapter = AdapterDirectory.open(folder.resolve("adapter"))) {
                assertEquals(Set.of("model.embed_tokens.weight", "lm_head.weight"), adapter.saved().keySet());
                ModelDirectory.loadAdapter(other.model(), adapter);
            }
            for (var parameter : tiny.model().adapterParameters()) {
                assertArrayEquals(tiny.weights().get(parameter.name()), other.weights().get(parameter.name()), parameter.name());
            }
            Refusal.assertRefused(Kind.USAGE, () -> tiny.model().withoutAdapter(() -> 0), "modules_to_save");
        }
    }

    @Test
    void whatWouldMeanSomethingElseToPeftIsRefused() {
        Refusal.assertRefused(Kind.USAGE, () -> model(Family.GEMMA, adapter(0, List.of("embed_tokens"), "q_proj")), "embed_tokens", "ties");
        Refusal.assertRefused(Kind.USAGE, () -> model(Family.GEMMA, adapter(0, List.of("lm_head"), "q_proj")), "lm_head", "tied");
        try (var tiny = model(Family.GEMMA, adapter(0, List.of(), "lm_head"))) {
            Refusal.assertRefused(Kind.USAGE, () -> tiny.model().mergeAdapter(), "lm_head", "ties");
        }
        try (var tiny = model(Family.GEMMA, adapter(0, List.of(), "q_proj", "embed_tokens"))) {
            var before = tiny.weights();
            Refusal.assertRefused(Kind.USAGE, () -> tiny.model().mergeAdapter(), "embed_tokens", "ties");
            tiny.weights().forEach((name, values) -> assertArrayEquals(before.get(name), values, name));
        }
    }
}
