package dev.leeway.laws;

import dev.leeway.io.AdapterConfig;
import dev.leeway.io.JsonFile;
import dev.leeway.io.LoraScale;
import dev.leeway.io.ModuleSelection;
import dev.leeway.model.Batch;
import dev.leeway.model.ConfigReader;
import dev.leeway.model.Llama;
import dev.leeway.model.ModelConfig;
import dev.leeway.model.Parameter;
import dev.leeway.model.TinyModel;
import dev.leeway.objective.Column;
import dev.leeway.tensor.Tensor;
import dev.leeway.train.AdamW;
import dev.leeway.train.BatchSource;
import dev.leeway.train.TrainingSession;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.function.Function;

/** A small Llama (hidden 64, two layers, 300 tokens) and what the laws do with it. */
final class Small {

    static final int VOCABULARY = 300;
    static final ModelConfig CONFIG = ConfigReader.read(JsonFile.parse("small", """
        {"model_type": "llama", "vocab_size": 300, "hidden_size": 64, "intermediate_size": 160, "num_hidden_layers": 2,
         "num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 512, "tie_word_embeddings": true}"""));

    private Small() {
    }

    static Optional<AdapterConfig> lora(int rank) {
        return Optional.of(AdapterConfig.of(LoraScale.of(rank, 2 * rank), new ModuleSelection.AllLinear()));
    }

    /** Low-rank terms of every linear layer, the head and the embeddings. */
    static Optional<AdapterConfig> everywhere() {
        return Optional.of(AdapterConfig.of(LoraScale.of(4, 8), new ModuleSelection.Regex(".*_proj|lm_head|.*embed_tokens")));
    }

    static TrainingSession.Settings settings(Optional<AdapterConfig> adapter, int rows) {
        return new TrainingSession.Settings(adapter, 512, rows, Math.max(8, rows / 16), AdamW.Settings.standard(), 0);
    }

    /** Sequences of at most {@code longest} tokens, {@code rows} in all. */
    static List<Batch.Sequence> sequences(long seed, int rows, int longest) {
        var random = new Random(seed);
        var lengths = new ArrayList<Integer>();
        for (int left = rows; left > 0; left -= lengths.getLast()) {
            lengths.add(Math.min(left, 1 + random.nextInt(longest)));
        }
        return TinyModel.sequences(VOCABULARY, seed, lengths.stream().mapToInt(Integer::intValue).toArray());
    }

    /** So many sequences of one length. */
    static List<Batch.Sequence> ofLength(int vocabulary, int count, int length) {
        var lengths = new int[count];
        Arrays.fill(lengths, length);
        return TinyModel.sequences(vocabulary, 1, lengths);
    }

    /** One step of the given micro-batches, over and over. */
    static BatchSource repeating(List<Batch> micros) {
        return new BatchSource() {
            @Override
            public List<Batch> step(int step) {
                return micros;
            }

            @Override
            public double epochs(int steps) {
                return steps;
            }
        };
    }

    static double[] logProbs(Llama model, Batch batch) {
        return model.score(batch, Set.of(Column.LOG_PROB)).logProb();
    }

    static List<float[]> gradients(Llama model) {
        return all(model, model.trainedParameters(), parameter -> parameter.gradient().orElseThrow());
    }

    /** A hash of every bit of every weight as it is stored, adapter included. */
    static int hash(Llama model) {
        return all(model, model.parameters(), Parameter::stored).stream().mapToInt(Arrays::hashCode)
            .reduce(1, (hash, next) -> 31 * hash + next);
    }

    private static List<float[]> all(Llama model, List<Parameter> parameters, Function<Parameter, Tensor> tensor) {
        return parameters.stream().map(parameter -> model.device().floats(tensor.apply(parameter))).toList();
    }

    /** ‖a − b‖ / ‖a‖. */
    static double distance(float[] a, float[] b) {
        double difference = 0;
        double norm = 0;
        for (int i = 0; i < a.length; i++) {
            difference += ((double) a[i] - b[i]) * ((double) a[i] - b[i]);
            norm += (double) a[i] * a[i];
        }
        return Math.sqrt(difference / norm);
    }
}
