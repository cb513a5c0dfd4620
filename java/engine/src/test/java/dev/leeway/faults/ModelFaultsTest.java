package dev.leeway.faults;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import dev.leeway.LeewayException.Kind;
import dev.leeway.model.Batch;
import dev.leeway.model.Family;
import dev.leeway.model.TinyModel;
import dev.leeway.objective.Column;
import dev.leeway.rollout.InferenceSession;
import dev.leeway.tensor.Device;
import dev.leeway.train.AdamW;
import dev.leeway.train.TrainingSession;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Batches that a model cannot take: one sentence, and the model goes on. */
final class ModelFaultsTest {

    private final TinyModel tiny = TinyModel.inference(Family.LLAMA.config(), Optional.empty(), 100, 3);

    @AfterEach
    void close() {
        tiny.close();
    }

    private double[] score(Batch.Sequence... sequences) {
        return tiny.model().score(Batch.of(List.of(sequences)), Set.of(Column.LOG_PROB)).logProb();
    }

    private static Batch.Sequence row(long id, int... tokens) {
        return Batch.Sequence.allTrained(tokens, id);
    }

    @Test
    void aTokenOutsideTheVocabularyIsNamedByRowAndPosition() {
        var before = score(row(1, 1, 2, 3));
        Refusal.assertRefused(Kind.DATA, () -> score(row(4, 1), row(118, 5, 6, 61, 7)),
            "row 119, token 3: id 61 is outside the model's vocabulary of 61");
        Refusal.assertRefused(Kind.DATA, () -> score(row(118, -3, 0)), "row 119, token 1: id -3");
        assertArrayEquals(before, score(row(1, 1, 2, 3)));
    }

    @Test
    void aSequenceLongerThanThePositionsIsNamedWithItsLength() {
        Refusal.assertRefused(Kind.DATA, () -> score(row(3, 1, 2), row(9, new int[65])), "row 10 has 65 tokens", "64", "max_length");
        score(row(9, new int[64]));
    }

    @Test
    void aBatchBeyondThePlannedCapacityIsRefused() {
        Refusal.assertRefused(Kind.USAGE, () -> score(row(1, new int[51]), row(2, new int[50])), "101 tokens in 2", "100 tokens in 3");
        Refusal.assertRefused(Kind.USAGE, () -> score(row(1, 1, 2), row(2, 1, 2), row(3, 1, 2), row(4, 1, 2)), "8 tokens in 4",
            "100 tokens in 3");
    }

    @Test
    void aModelThatFitsNoMachineSaysWhatItNeeds() {
        var json = Family.LLAMA.json();
        json.node().put("vocab_size", 200_000_000);
        json.node().put("hidden_size", 1 << 16);
        json.node().put("head_dim", 128);
        var config = dev.leeway.model.ConfigReader.read(json);
        var settings = new TrainingSession.Settings(Optional.empty(), 64, 64, 1, AdamW.Settings.standard(), 0);
        try (var device = Device.open("cpu", 1)) {
            Refusal.assertRefused(Kind.RESOURCES, () -> TrainingSession.open(config, settings, device), "needs ", "device has ",
                "weights ", "gradients ",
                "optimizer ", "activations ", "head ");
            Refusal.assertRefused(Kind.RESOURCES, () -> InferenceSession.open(config, Optional.empty(), 64, 1, device), "needs ",
                "weights ", "cache ");
        }
    }
}
