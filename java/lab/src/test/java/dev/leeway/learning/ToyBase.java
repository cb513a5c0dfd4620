package dev.leeway.learning;

import dev.leeway.data.Columns;
import dev.leeway.data.DatasetReader;
import dev.leeway.data.EpochBatches;
import dev.leeway.data.Labelled;
import dev.leeway.data.LabelledExample;
import dev.leeway.data.Preference;
import dev.leeway.data.PreferenceExample;
import dev.leeway.data.PromptCompletion;
import dev.leeway.io.JsonFile;
import dev.leeway.io.JsonObject;
import dev.leeway.model.ConfigReader;
import dev.leeway.model.Initializer;
import dev.leeway.model.ModelDirectory;
import dev.leeway.objective.SupervisedFineTuning;
import dev.leeway.tensor.Device;
import dev.leeway.text.BpeTrainer;
import dev.leeway.text.BpeVocabulary.Specials;
import dev.leeway.text.Tokenizer;
import dev.leeway.train.AdamW;
import dev.leeway.train.Schedule;
import dev.leeway.train.TrainingSession;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * A language model of 100,000 parameters that knows how questions about wants are answered, and nobody's taste: what preference training
 * starts from. A Hugging Face directory with its tokenizer.
 *
 * @param folder of the model
 */
record ToyBase(Path folder) {

    static final int LENGTH = 64;
    private static final DatasetReader.Options READING = new DatasetReader.Options(Columns.AS_NAMED, LENGTH, false);
    private static final int STEPS = 150;
    /** About 1/√64, so that signals keep their size; with 0.02 a model this small stays near-linear and combines nothing for long. */
    private static final double RANGE = 0.12;
    private static final int ROWS = 32;

    /** Learns it from demonstrations, in seconds. */
    static ToyBase learn(Path folder, long seed, Device device) {
        var demonstrations = ToyPreferences.demonstrations(seed, STEPS * ROWS);
        new BpeTrainer(384, new Specials("<s>", "</s>")).train(demonstrations.stream().map(row -> row.prompt() + row.completion()).toList())
            .save(folder);
        var base = new ToyBase(folder);
        try (var tokenizer = base.tokenizer()) {
            var json = config(tokenizer);
            var rows = DatasetReader.encode(demonstrations.stream().map(PromptCompletion::whole).toList(), tokenizer, READING).examples();
            var settings = new TrainingSession.Settings(Optional.empty(), LENGTH, ROWS * LENGTH, ROWS, AdamW.Settings.standard(), 0);
            try (var session = TrainingSession.open(ConfigReader.read(json), settings, device)) {
                new Initializer(seed, RANGE).fillBase(session.model());
                session.trainer(new SupervisedFineTuning(), new Schedule(Schedule.Kind.LINEAR, STEPS / 20, STEPS, 0), 5e-3)
                    .train(EpochBatches.shuffled(rows, ROWS, seed), STEPS, _ -> { });
                ModelDirectory.save(session.model(), folder, json, folder);
            }
        }
        return base;
    }

    private static JsonObject config(Tokenizer tokenizer) {
        return JsonFile.parse("toy", """
            {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "vocab_size": %d, "hidden_size": 64, "intermediate_size": 160,
             "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": %d,
             "rms_norm_eps": 1e-5, "tie_word_embeddings": true, "initializer_range": %s, "eos_token_id": %d}""".formatted(
            tokenizer.vocabSize(), LENGTH, RANGE, tokenizer.endOfSequence().orElseThrow()));
    }

    Tokenizer tokenizer() {
        return Tokenizer.load(folder);
    }

    ModelDirectory directory() {
        return ModelDirectory.open(folder);
    }

    /** Rows as token ids, whose masks cover the answers. */
    List<PreferenceExample> encode(List<Preference> rows) {
        try (var tokenizer = tokenizer()) {
            return DatasetReader.encodePreferences(rows, tokenizer, READING).units();
        }
    }

    /** Answers by themselves as token ids, whose masks cover the answers. */
    List<LabelledExample> encodeLabelled(List<Labelled> rows) {
        try (var tokenizer = tokenizer()) {
            return DatasetReader.encodeLabelled(rows, tokenizer, READING).units();
        }
    }
}
