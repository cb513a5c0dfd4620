package dev.leeway.laws;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.leeway.ffi.DType;
import dev.leeway.io.AdapterConfig;
import dev.leeway.io.LoraScale;
import dev.leeway.io.ModuleSelection;
import dev.leeway.model.Batch;
import dev.leeway.model.Family;
import dev.leeway.model.TinyModel;
import java.util.Arrays;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** An adapter that is off, or that adds nothing, leaves the base model to the bit. */
final class AdapterTest {

    private static final Optional<AdapterConfig> ADAPTER = Optional.of(AdapterConfig.of(LoraScale.of(4, 8),
        new ModuleSelection.Regex(".*_proj|lm_head|.*embed_tokens")));
    private static final Batch BATCH = Batch.of(TinyModel.sequences(Family.VOCABULARY, 8, 40, 1, 30));

    private static TinyModel model(Family family, Optional<AdapterConfig> adapter) {
        return TinyModel.inference(family.config(), adapter, 80, 3);
    }

    private static TinyModel bfloat16(Family family, Optional<AdapterConfig> adapter) {
        return TinyModel.inference(family.config(), adapter, 80, 3, DType.BF16);
    }

    private static double[] logProbs(TinyModel tiny) {
        return Small.logProbs(tiny.model(), BATCH);
    }

    @ParameterizedTest
    @EnumSource
    void switchedOffTheModelIsItsBase(Family family) {
        try (var base = model(family, Optional.empty()); var adapted = model(family, ADAPTER)) {
            requireBaseWithoutAdapter(base, adapted);
        }
        try (var base = bfloat16(family, Optional.empty()); var adapted = bfloat16(family, ADAPTER)) {
            requireBaseWithoutAdapter(base, adapted);
        }
    }

    private static void requireBaseWithoutAdapter(TinyModel base, TinyModel adapted) {
        var expected = logProbs(base);
        var on = logProbs(adapted);
        assertFalse(Arrays.equals(expected, on), "the adapter adds something");
        assertArrayEquals(expected, adapted.model().withoutAdapter(() -> logProbs(adapted)));
        assertArrayEquals(on, logProbs(adapted), "and is on again afterwards");
    }

    @Test
    void anAdapterThatStartsAsNothingChangesNoBit() {
        requireSameBitsWhereTheAdapterIsNothing(model(Family.LLAMA, Optional.empty()), model(Family.LLAMA, ADAPTER));
        requireSameBitsWhereTheAdapterIsNothing(bfloat16(Family.LLAMA, Optional.empty()), bfloat16(Family.LLAMA, ADAPTER));
    }

    private static void requireSameBitsWhereTheAdapterIsNothing(TinyModel base, TinyModel adapted) {
        try (base; adapted) {
            adapted.model().parameters().stream()
                .filter(parameter -> parameter.name().contains(".lora_B.") || parameter.name().endsWith(".lora_embedding_A"))
                .forEach(parameter -> adapted.device().zero(parameter.value()));
            assertArrayEquals(logProbs(base), logProbs(adapted));
        }
    }

    @Test
    void itStaysOffInsideASecondSwitchAndComesBackAfterAFailure() {
        try (var adapted = model(Family.LLAMA, ADAPTER)) {
            var model = adapted.model();
            var on = logProbs(adapted);
            model.withoutAdapter(() -> {
                var off = logProbs(adapted);
                model.withoutAdapter(() -> 0);
                assertArrayEquals(off, logProbs(adapted));
                return 0;
            });
            assertThrows(IllegalStateException.class, () -> model.withoutAdapter(() -> {
                throw new IllegalStateException("fails");
            }));
            assertArrayEquals(on, logProbs(adapted));
            assertEquals(BATCH.rows(), on.length);
        }
    }
}
