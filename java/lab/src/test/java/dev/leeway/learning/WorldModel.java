package dev.leeway.learning;

import dev.leeway.data.ChatFormat;
import dev.leeway.data.Columns;
import dev.leeway.data.Conversation;
import dev.leeway.data.DatasetReader;
import dev.leeway.data.EpochBatches;
import dev.leeway.data.Exchange;
import dev.leeway.data.PromptCompletion;
import dev.leeway.data.UserTurns;
import dev.leeway.data.toy.Chats;
import dev.leeway.data.toy.Documents;
import dev.leeway.data.toy.Documents.Corpus;
import dev.leeway.data.toy.Edition;
import dev.leeway.data.toy.Item;
import dev.leeway.io.JsonFile;
import dev.leeway.io.JsonObject;
import dev.leeway.model.ConfigReader;
import dev.leeway.model.Initializer;
import dev.leeway.model.ModelDirectory;
import dev.leeway.objective.SupervisedFineTuning;
import dev.leeway.rollout.Generator;
import dev.leeway.rollout.Prompt;
import dev.leeway.rollout.SamplingParameters;
import dev.leeway.tensor.Device;
import dev.leeway.text.BpeTrainer;
import dev.leeway.text.BpeVocabulary.Specials;
import dev.leeway.text.Tokenizer;
import dev.leeway.train.AdamW;
import dev.leeway.train.Schedule;
import dev.leeway.train.TrainingSession;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * A language model of some 100,000 parameters that reads documents and chats of the toy world and answers items of it. Greedy answers, so
 * that only training is by chance.
 */
final class WorldModel implements AutoCloseable {

    private static final int LENGTH = 96;
    private static final int ROWS = 32;
    private static final int ANSWER = 32;
    private static final int VOCABULARY = 1024;
    private static final int WIDTH = 64;
    /** About 1/√64, so that signals keep their size. */
    private static final double RANGE = 0.12;
    private static final ChatFormat CHAT = Chats.format("<s>", "</s>");
    private static final DatasetReader.Options READING = new DatasetReader.Options(Columns.AS_NAMED, LENGTH, false).withChat(CHAT);

    private final Path folder;
    private final Tokenizer tokenizer;
    private final TrainingSession session;

    private WorldModel(Path folder, Tokenizer tokenizer, TrainingSession session) {
        this.folder = folder;
        this.tokenizer = tokenizer;
        this.session = session;
    }

    /** A new model that knows nothing. Its tokenizer has seen words of all corpora. */
    static WorldModel create(Path folder, long seed, Device device) {
        var all = Stream.of(Corpus.values()).flatMap(corpus -> Documents.of(corpus, Edition.of(0), 2000).stream());
        var said = Stream.of(Chats.Domain.values()).flatMap(domain -> Chats.of(domain, Edition.of(0), 2000).stream())
                .flatMap(chat -> chat.messages().stream()).map(message -> "Question: Answer: " + message.get("content"));
        new BpeTrainer(VOCABULARY, new Specials("<s>", "</s>")).train(Stream.concat(all, said).toList()).save(folder);
        var model = open(folder, device);
        new Initializer(seed, RANGE).fillBase(model.session.model());
        return model;
    }

    private static WorldModel open(Path folder, Device device) {
        var tokenizer = Tokenizer.load(folder);
        var settings = new TrainingSession.Settings(Optional.empty(), LENGTH, ROWS * LENGTH, ROWS, AdamW.Settings.standard(), 128);
        return new WorldModel(folder, tokenizer, TrainingSession.open(ConfigReader.read(config(tokenizer)), settings, device));
    }

    /** One that was saved, to go on with. */
    static WorldModel load(Path folder, Device device) {
        var model = open(folder, device);
        ModelDirectory.open(folder).loadInto(model.session.model());
        return model;
    }

    private static JsonObject config(Tokenizer tokenizer) {
        return JsonFile.parse("toy", """
            {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "vocab_size": %d, "hidden_size": %d, "intermediate_size": %d,
             "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": %d,
             "rms_norm_eps": 1e-5, "tie_word_embeddings": true, "initializer_range": %s, "eos_token_id": %d}""".formatted(
            tokenizer.vocabSize(), WIDTH, 5 * WIDTH / 2, LENGTH, RANGE, tokenizer.endOfSequence().orElseThrow()));
    }

    void save() {
        ModelDirectory.save(session.model(), folder, config(tokenizer), folder);
    }

    /** Reads documents. */
    void read(List<String> documents, int steps, double rate, long seed) {
        learn(documents.stream().map(PromptCompletion::ofText).toList(), steps, rate, seed);
    }

    /** Is taught to answer. */
    void chat(List<Conversation> chats, int steps, double rate, long seed) {
        learn(chats, steps, rate, seed);
    }

    private void learn(List<? extends Exchange> rows, int steps, double rate, long seed) {
        var examples = DatasetReader.encode(rows, tokenizer, READING).examples();
        session.trainer(new SupervisedFineTuning(), new Schedule(Schedule.Kind.LINEAR, steps / 20, steps, 0), rate)
                .train(EpochBatches.shuffled(examples, ROWS, seed), steps, _ -> { });
    }

    /** The most probable answer to each item. */
    List<String> answers(List<Item> items) {
        try (var turns = new UserTurns(tokenizer, Optional.of(CHAT))) {
            var prompts = IntStream.range(0, items.size()).mapToObj(i -> Prompt.single(turns.tokens(items.get(i).prompt()), i)).toList();
            int end = tokenizer.endOfSequence().orElseThrow();
            var request = new Generator.Request(SamplingParameters.temperature(0, 0), ANSWER, Set.of(end));
            return session.generator().generate(prompts, request).stream().map(drawn -> text(drawn.getFirst().tokens(), end)).toList();
        }
    }

    private String text(int[] tokens, int end) {
        int length = tokens.length > 0 && tokens[tokens.length - 1] == end ? tokens.length - 1 : tokens.length;
        return tokenizer.decode(Arrays.copyOf(tokens, length), false).strip();
    }

    @Override
    public void close() {
        session.close();
        tokenizer.close();
    }
}
