package dev.leeway.study.toy;

import dev.leeway.LeewayException;
import dev.leeway.data.Conversation;
import dev.leeway.data.toy.Chats;
import dev.leeway.data.toy.Documents;
import dev.leeway.data.toy.Edition;
import dev.leeway.data.toy.Manner;
import dev.leeway.data.toy.Opinions;
import dev.leeway.data.toy.Tongue;
import dev.leeway.data.toy.Values;
import dev.leeway.io.JsonFile;
import dev.leeway.text.BpeTrainer;
import dev.leeway.text.BpeVocabulary.Specials;
import dev.leeway.text.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import tools.jackson.databind.node.ObjectNode;

/**
 * The files of a new toy model: its configuration, its tokenizer, its chat template.
 *
 * @param width of its hidden states
 * @param shape of its layers
 */
record ToyModel(int width, Shape shape) {

    /** Whose layers a model has. */
    enum Shape {
        /** Llama's. */
        LLAMA,
        /** Qwen 3's: queries and keys are normalised, and heads are as wide as one likes: here twice an even share of the width. */
        QWEN3
    }

    private static final int VOCABULARY = 1280;
    private static final int SEEN = 2000;
    private static final String BEGIN = "<s>";
    private static final String END = "</s>";
    private static final int POSITIONS = 128;
    private static final int HEADS = 4;

    /** Every head has an even share of the width, which rotary positions turn in pairs. */
    ToyModel {
        if (width % (2 * HEADS) != 0) {
            throw LeewayException.usage("a toy model's width must be a multiple of %d; got %d", 2 * HEADS, width);
        }
    }

    /** By their names within its folder. */
    SequencedMap<String, String> files() {
        try {
            var folder = Files.createTempDirectory("leeway-toy");
            new BpeTrainer(VOCABULARY, new Specials(BEGIN, END)).train(texts()).save(folder);
            var files = new LinkedHashMap<String, String>();
            try (var tokenizer = Tokenizer.load(folder)) {
                files.put("config.json", JsonFile.pretty(config(tokenizer)));
            }
            try (var saved = Files.list(folder)) {
                for (var file : saved.sorted().toList()) {
                    files.put(file.getFileName().toString(), Files.readString(file));
                    Files.delete(file);
                }
            }
            Files.delete(folder);
            files.put("chat_template.jinja", Chats.TEMPLATE);
            return files;
        } catch (IOException failure) {
            throw LeewayException.resources(failure, "a tokenizer can't be written: %s", failure.getMessage());
        }
    }

    /** Texts of all studies, so that no word of any arm is strange to the tokenizer. */
    private static List<String> texts() {
        var edition = Edition.of(0);
        var documents = Stream.of(Documents.Corpus.values()).flatMap(corpus -> Documents.of(corpus, edition, SEEN).stream());
        var domains = Stream.of(Chats.Domain.values()).flatMap(domain -> Chats.of(domain, edition, SEEN).stream());
        var manners = Stream.of(Manner.values()).flatMap(manner -> Chats.inManner(manner, edition, SEEN / 2).stream());
        var others = Stream.concat(Chats.withTraits(true, true, edition, SEEN).stream(),
            Opinions.chats(Opinions.Mixture.EVEN, edition, SEEN).stream());
        var said = Stream.of(domains, manners, others).flatMap(chats -> chats).flatMap(ToyModel::contents);
        var values = Stream.of(Tongue.values()).flatMap(tongue -> Values.questions(tongue).stream());
        return Stream.of(documents, said, values).flatMap(texts -> texts).collect(Collectors.toList());
    }

    private static Stream<String> contents(Conversation chat) {
        return chat.messages().stream().map(message -> "Question: Answer: " + message.get("content"));
    }

    /** Two layers; matrices begin at about 1/√width, so that signals keep their size. */
    private ObjectNode config(Tokenizer tokenizer) {
        var json = JsonFile.newObject();
        switch (shape) {
            case LLAMA -> json.put("model_type", "llama").putArray("architectures").add("LlamaForCausalLM");
            case QWEN3 -> json.put("model_type", "qwen3").put("head_dim", 2 * width / HEADS).putArray("architectures")
                .add("Qwen3ForCausalLM");
        }
        return json.put("vocab_size", tokenizer.vocabSize()).put("hidden_size", width)
            .put("intermediate_size", 5 * width / 2).put("num_hidden_layers", 2).put("num_attention_heads", HEADS)
            .put("num_key_value_heads", 2).put("max_position_embeddings", POSITIONS).put("rms_norm_eps", 1e-5)
            .put("tie_word_embeddings", true).put("initializer_range", 0.96 / Math.sqrt(width))
            .put("bos_token_id", tokenizer.beginOfSequence().orElseThrow()).put("eos_token_id", tokenizer.endOfSequence().orElseThrow());
    }
}
