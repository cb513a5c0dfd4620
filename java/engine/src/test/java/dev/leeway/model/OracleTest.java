package dev.leeway.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.io.AdapterConfig;
import dev.leeway.io.JsonObject;
import dev.leeway.io.LoraScale;
import dev.leeway.io.ModuleSelection;
import dev.leeway.objective.Column;
import dev.leeway.objective.TokenGradients;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The whole decoder, forward and backward, against {@link Oracle}.
 *
 * <p>Bounds. u = 2⁻²⁴. A logit is the end of a chain of roundings: per layer the four widest products (C, H·D, C, F terms) and attention (T
 * terms), and the head (C terms): n ≈ 2 (3·32 + 64 + 48 + 32) + 32 ≈ 500. Rounding errors of such a chain add like a random walk (Higham
 * and Mary 2019, theorem 2.4: below λ√n u of the sum of magnitudes, but with probability 2 exp(−λ²/2); λ = 6), and each layer passes on
 * what it got with a gain near 1, so 6 √500 · 6e-8 = 8e-6 of the largest magnitude. {@link OracleGradients} has
 * the bound of the backward pass.
 */
final class OracleTest {

    private static final double LOGIT_BOUND = 8e-6;
    private static final int[] LENGTHS = {1, 11, 2, 19};
    private static final int ROWS = 33;

    private static TinyModel model(ModelConfig config, Optional<AdapterConfig> adapter) {
        return TinyModel.training(config, adapter, ROWS, LENGTHS.length, 2);
    }

    @ParameterizedTest
    @EnumSource
    void logitsEqualTheOracles(Family family) {
        try (var tiny = model(family.config(), Optional.empty())) {
            var oracle = new Oracle(family.spec(), tiny.weights(), 0);
            var sequences = TinyModel.sequences(Family.VOCABULARY, 1, LENGTHS);
            var logits = tiny.logits(Batch.of(sequences));
            int row = 0;
            for (var sequence : sequences) {
                for (var hidden : oracle.hidden(sequence.tokens())) {
                    requireClose(oracle.logits(hidden), logits[row++], LOGIT_BOUND);
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void decodingInChunksEqualsTheOracle(Family family) {
        try (var tiny = model(family.config(), Optional.empty())) {
            var oracle = new Oracle(family.spec(), tiny.weights(), 0);
            var tokens = new Random(2).ints(19, 0, Family.VOCABULARY).toArray();
            var expected = oracle.hidden(tokens);
            int at = 0;
            for (int count : new int[] {1, 7, 1, 1, 8, 1}) {
                var logits = tiny.advance(2, java.util.Arrays.copyOfRange(tokens, at, at + count));
                at += count;
                requireClose(oracle.logits(expected[at - 1]), logits, LOGIT_BOUND);
            }
        }
    }

    private static void requireClose(double[] expected, float[] found, double bound) {
        double largest = 0;
        for (double value : expected) {
            largest = Math.max(largest, Math.abs(value));
        }
        for (int i = 0; i < expected.length; i++) {
            double error = Math.abs(expected[i] - found[i]) / largest;
            assertTrue(error <= bound, "element " + i + ": " + expected[i] + " expected, " + found[i] + " found, error " + error);
        }
    }

    /** A loss that depends on every column with its own weight at every trained row: Σ a·log p + b·lse + c·H. */
    private record Loss(Batch batch, double temperature, Map<Column, double[]> weights) {
        static Loss of(Batch batch, double temperature) {
            var random = new Random(3);
            var weights = new java.util.EnumMap<Column, double[]>(Column.class);
            for (var column : List.of(Column.LOG_PROB, Column.LOG_SUM_EXP, Column.ENTROPY)) {
                weights.put(column, random.doubles(batch.rows(), -0.1, 0.1).toArray());
            }
            return new Loss(batch, temperature, weights);
        }

        double of(Oracle oracle) {
            double loss = 0;
            for (int s = 0; s < batch.sequences(); s++) {
                int start = batch.sequenceStarts()[s];
                var hidden = oracle.hidden(java.util.Arrays.copyOfRange(batch.tokens(), start, batch.sequenceStarts()[s + 1]));
                for (int t = 0; t < hidden.length; t++) {
                    loss += batch.mask()[start + t] ? at(start + t, oracle.logits(hidden[t])) : 0;
                }
            }
            return loss;
        }

        private double at(int row, double[] z) {
            double sum = 0;
            double weighted = 0;
            for (double value : z) {
                sum += Math.exp(value / temperature);
                weighted += value / temperature * Math.exp(value / temperature);
            }
            double lse = Math.log(sum);
            return weights.get(Column.LOG_PROB)[row] * (z[batch.targets()[row]] / temperature - lse)
                + weights.get(Column.LOG_SUM_EXP)[row] * lse
                + weights.get(Column.ENTROPY)[row] * (lse - weighted / sum);
        }

        /** The same through the engine; the gradients are in the model afterwards. */
        double of(Llama model) {
            model.setTemperature(temperature);
            model.zeroGradients();
            var scores = model.score(batch, EnumSet.copyOf(weights.keySet()));
            double loss = 0;
            var gradients = new TokenGradients();
            for (var entry : weights.entrySet()) {
                var column = scores.column(entry.getKey());
                for (int n = 0; n < column.length; n++) {
                    loss += batch.mask()[n] ? entry.getValue()[n] * column[n] : 0;
                }
                gradients = gradients.with(entry.getKey(), entry.getValue());
            }
            model.backward(batch, gradients);
            return loss;
        }
    }

    private interface Value {
        double of(Oracle oracle);
    }

    @ParameterizedTest
    @EnumSource
    void gradientsOfAllWeightsEqualDifferencesOfTheOracle(Family family) {
        try (var tiny = model(family.config(), Optional.empty())) {
            var loss = Loss.of(Batch.of(TinyModel.sequences(Family.VOCABULARY, 1, LENGTHS)), 0.7);
            double found = loss.of(tiny.model());
            var weights = tiny.weights();
            double expected = loss.of(new Oracle(family.spec(), weights, 0));
            assertEquals(expected, found, LOGIT_BOUND * ROWS, "the loss");
            assertEquals(weights.keySet(), tiny.gradients().keySet());
            OracleGradients.assertEqual(family.name(), weights, tiny.gradients(),
                changed -> loss.of(new Oracle(family.spec(), changed, 0)));
        }
    }

    @ParameterizedTest
    @EnumSource
    void gradientsOfAnAdapterEqualDifferencesOfTheOracleAndTheBaseHasNone(Family family) {
        requireGradients(family, new ModuleSelection.AllLinear(), 14 * 2);
    }

    /** Two more matrices; their term is scaled as the embeddings are, and a tied head has none of it. */
    @ParameterizedTest
    @EnumSource
    void gradientsOfAnAdapterOfTheEmbeddingsTooEqualDifferencesOfTheOracle(Family family) {
        requireGradients(family, new ModuleSelection.Regex("model\\.embed_tokens|.*_proj"), 14 * 2 + 2);
    }

    /** {@code matrices}: A and B of seven linear layers of two decoder layers, and of what else has an adapter. */
    private static void requireGradients(Family family, ModuleSelection modules, int matrices) {
        var adapter = AdapterConfig.of(LoraScale.rankStabilized(4, 3), modules);
        try (var tiny = model(family.config(), Optional.of(adapter))) {
            var loss = Loss.of(Batch.of(TinyModel.sequences(Family.VOCABULARY, 1, LENGTHS)), 1);
            double found = loss.of(tiny.model());
            var weights = tiny.weights();
            double scale = 3 / Math.sqrt(4);
            assertEquals(loss.of(new Oracle(family.spec(), weights, scale)), found, LOGIT_BOUND * ROWS, "the loss");
            assertEquals(matrices, tiny.gradients().size());
            OracleGradients.assertEqual(family.name(), weights, tiny.gradients(),
                changed -> loss.of(new Oracle(family.spec(), changed, scale)));
        }
    }

    @Test
    void aClassifierReadsTheLastTokenOfEverySequence() {
        var json = new JsonObject("test", "", Family.QWEN3.json().node().deepCopy());
        json.node().putArray("architectures").add("Qwen3ForSequenceClassification");
        json.node().putObject("id2label").put("0", "LABEL_0");
        try (var tiny = model(ConfigReader.read(json), Optional.empty())) {
            var sequences = TinyModel.sequences(Family.VOCABULARY, 1, LENGTHS);
            var batch = Batch.of(sequences);
            var model = tiny.model();
            model.zeroGradients();
            var values = model.score(batch, Set.of(Column.VALUE)).value();
            var slopes = new double[] {0.5, -1, 2, 0.25};
            model.backward(batch, new TokenGradients().with(Column.VALUE, slopes));
            Value loss = oracle -> {
                double sum = 0;
                for (int s = 0; s < slopes.length; s++) {
                    sum += slopes[s] * oracle.value(oracle.hidden(sequences.get(s).tokens())[LENGTHS[s] - 1]);
                }
                return sum;
            };
            double found = 0;
            for (int s = 0; s < slopes.length; s++) {
                found += slopes[s] * values[s];
            }
            assertEquals(loss.of(new Oracle(Family.QWEN3.spec(), tiny.weights(), 0)), found, LOGIT_BOUND * 4 * 10, "the loss");
            OracleGradients.assertEqual("classifier", tiny.weights(), tiny.gradients(),
                changed -> loss.of(new Oracle(Family.QWEN3.spec(), changed, 0)));
        }
    }
}
