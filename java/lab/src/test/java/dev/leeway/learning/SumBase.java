package dev.leeway.learning;

import dev.leeway.io.JsonFile;
import dev.leeway.io.JsonObject;
import dev.leeway.model.Batch;
import dev.leeway.model.ConfigReader;
import dev.leeway.model.Initializer;
import dev.leeway.model.ModelDirectory;
import dev.leeway.objective.SupervisedFineTuning;
import dev.leeway.tensor.Device;
import dev.leeway.train.AdamW;
import dev.leeway.train.BatchSource;
import dev.leeway.train.Schedule;
import dev.leeway.train.TrainingSession;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * A language model of 100,000 parameters that adds, and is right in about a third of its answers: what learning from rewards starts from.
 * It has learned from right answers, and then from careless ones.
 */
final class SumBase {

    static final int LENGTH = ToySum.PROMPT + ToySum.ANSWER;
    private static final int STEPS = 600;
    /** The first step with careless answers. Behind so many it is nearly always right. */
    private static final int CARELESS_FROM = 450;
    /** The share of careless answers that belong to another sum. */
    private static final double WRONG = 0.4;
    private static final int ROWS = 128;
    private static final double RANGE = 0.12;

    private SumBase() {}

    /** Learns it in seconds. */
    static ModelDirectory learn(Path folder, long seed, Device device) {
        var json = config();
        var settings = new TrainingSession.Settings(Optional.empty(), LENGTH, ROWS * LENGTH, ROWS, AdamW.Settings.standard(), 0);
        try (var session = TrainingSession.open(ConfigReader.read(json), settings, device)) {
            new Initializer(seed, RANGE).fillBase(session.model());
            session.trainer(new SupervisedFineTuning(), new Schedule(Schedule.Kind.LINEAR, STEPS / 20, STEPS, 0), 3e-3)
                .train(demonstrations(seed), _ -> { });
            ModelDirectory.save(session.model(), folder, json, folder);
        }
        return ModelDirectory.open(folder);
    }

    private static JsonObject config() {
        return JsonFile.parse("sums", """
            {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "vocab_size": %d, "hidden_size": 64, "intermediate_size": 160,
             "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 16,
             "rms_norm_eps": 1e-5, "tie_word_embeddings": true, "initializer_range": %s, "eos_token_id": %d}""".formatted(
            ToySum.VOCABULARY, RANGE, ToySum.END));
    }

    private static BatchSource demonstrations(long seed) {
        List<ToySum> sums = ToySum.training();
        return new BatchSource() {
            @Override
            public List<Batch> step(int step) {
                var random = new Random(1_000_003 * seed + step);
                return List.of(Batch.of(IntStream.range(0, ROWS).mapToObj(i -> {
                    ToySum asked = sums.get(random.nextInt(sums.size()));
                    ToySum other = sums.get(random.nextInt(sums.size()));
                    boolean wrong = random.nextDouble() < WRONG && step >= CARELESS_FROM;
                    return row(asked, wrong ? other : asked, i);
                }).toList()));
            }

            @Override
            public double epochs(int steps) {
                return (double) steps * ROWS / sums.size();
            }
        };
    }

    private static Batch.Sequence row(ToySum asked, ToySum answered, long unitId) {
        int[] tokens = IntStream.concat(Arrays.stream(asked.prompt()), Arrays.stream(answered.answer())).toArray();
        var trained = new boolean[tokens.length];
        Arrays.fill(trained, ToySum.PROMPT, tokens.length, true);
        return new Batch.Sequence(tokens, trained, unitId);
    }
}
