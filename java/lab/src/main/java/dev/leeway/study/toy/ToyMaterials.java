package dev.leeway.study.toy;

import dev.leeway.LeewayException;
import dev.leeway.data.Conversation;
import dev.leeway.data.toy.Chats;
import dev.leeway.data.toy.Documents;
import dev.leeway.data.toy.Edition;
import dev.leeway.data.toy.Tasks;
import dev.leeway.data.toy.Tongue;
import dev.leeway.io.JsonFile;
import dev.leeway.study.Materials;
import dev.leeway.text.BpeTrainer;
import dev.leeway.text.BpeVocabulary.Specials;
import dev.leeway.text.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SequencedMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import tools.jackson.databind.node.ObjectNode;

/**
 * The toy world as rows. Generators: {@code documents:CORPUS}, {@code chats:DOMAIN}, {@code tasks:KIND}; all have the setting
 * {@code languages}, such as {@code en,es}. The folder {@code model:WIDTH} has the tokenizer and the configuration of a new model.
 */
public final class ToyMaterials implements Materials {

    private static final int VOCABULARY = 1024;
    private static final int SEEN = 2000;
    private static final String BEGIN = "<s>";
    private static final String END = "</s>";
    private static final int POSITIONS = 128;
    private static final int HEADS = 4;
    private static final Pattern MODEL = Pattern.compile("model:([1-9][0-9]{0,4})");

    /** The toy world. */
    public ToyMaterials() {
    }

    @Override
    public Stream<ObjectNode> rows(String generator, long seed, int count, Map<String, String> settings) {
        var parts = generator.split(":", -1);
        var edition = edition(seed, settings);
        return switch (parts[0]) {
            case "documents" -> Documents.of(named(Documents.Corpus.values(), parts), edition, count).stream()
                .map(text -> JsonFile.newObject().put("text", text));
            case "chats" -> Chats.of(named(Chats.Domain.values(), parts), edition, count).stream().map(ToyMaterials::row);
            case "tasks" -> Tasks.of(named(Tasks.Kind.values(), parts), edition, count).stream().map(ToyMaterials::row);
            default -> throw unknown(generator);
        };
    }

    private static Edition edition(long seed, Map<String, String> settings) {
        settings.keySet().stream().filter(name -> !name.equals("languages")).findFirst().ifPresent(name -> {
            throw LeewayException.usage("toy text has the setting languages, and no %s", name);
        });
        var languages = settings.get("languages");
        return languages == null ? Edition.of(seed) : Edition.of(seed).in(Stream.of(languages.split(",")).map(ToyMaterials::tongue)
            .toArray(Tongue[]::new));
    }

    private static Tongue tongue(String code) {
        return Stream.of(Tongue.values()).filter(tongue -> tongue.code().equals(code)).findFirst().orElseThrow(() ->
            LeewayException.usage("the toy world speaks %s; got %s", Stream.of(Tongue.values()).map(Tongue::code).toList(), code));
    }

    private static <T extends Enum<T>> T named(T[] values, String[] parts) {
        return Arrays.stream(values).filter(value -> parts.length == 2 && value.name().toLowerCase(Locale.ROOT).equals(parts[1]))
            .findFirst()
            .orElseThrow(() -> unknown(String.join(":", parts)));
    }

    private static LeewayException unknown(String generator) {
        return LeewayException.usage("the toy world has no generator %s", generator);
    }

    private static ObjectNode row(Conversation chat) {
        var json = JsonFile.newObject();
        var messages = json.putArray("messages");
        chat.messages().forEach(message -> messages.addObject().put("role", (String) message.get("role"))
            .put("content", (String) message.get("content")));
        return json;
    }

    /** The answer as the reward {@code gsm8k} reads it: its last number. */
    private static ObjectNode row(Tasks.Task task) {
        var json = JsonFile.newObject();
        json.putArray("messages").addObject().put("role", "user").put("content", task.prompt());
        return json.put("answer", task.item().answer());
    }

    @Override
    public SequencedMap<String, String> items(String generator, Map<String, String> settings) {
        int width = width(generator);
        settings.keySet().stream().findFirst().ifPresent(_ -> {
            throw LeewayException.usage("a toy model has no settings; got %s", settings.keySet());
        });
        try {
            var folder = Files.createTempDirectory("leeway-toy");
            new BpeTrainer(VOCABULARY, new Specials(BEGIN, END)).train(texts()).save(folder);
            var files = new LinkedHashMap<String, String>();
            try (var tokenizer = Tokenizer.load(folder)) {
                files.put("config.json", JsonFile.pretty(config(width, tokenizer)));
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

    /** Every head has an even share of the width, which rotary positions turn in pairs. */
    private static int width(String generator) {
        var matcher = MODEL.matcher(generator);
        if (!matcher.matches()) {
            throw unknown(generator);
        }
        int width = Integer.parseInt(matcher.group(1));
        if (width % (2 * HEADS) != 0) {
            throw LeewayException.usage("a toy model's width must be a multiple of %d; got %d", 2 * HEADS, width);
        }
        return width;
    }

    /** Texts of all corpora, so that no word of any arm is strange to the tokenizer. */
    private static List<String> texts() {
        var documents = Stream.of(Documents.Corpus.values()).flatMap(corpus -> Documents.of(corpus, Edition.of(0), SEEN).stream());
        var said = Stream.of(Chats.Domain.values()).flatMap(domain -> Chats.of(domain, Edition.of(0), SEEN).stream())
            .flatMap(chat -> chat.messages().stream()).map(message -> "Question: Answer: " + message.get("content"));
        return Stream.concat(documents, said).collect(Collectors.toList());
    }

    /** Two layers; matrices begin at about 1/√width, so that signals keep their size. */
    private static ObjectNode config(int width, Tokenizer tokenizer) {
        var json = JsonFile.newObject();
        json.putArray("architectures").add("LlamaForCausalLM");
        return json.put("model_type", "llama").put("vocab_size", tokenizer.vocabSize()).put("hidden_size", width)
            .put("intermediate_size", 5 * width / 2).put("num_hidden_layers", 2).put("num_attention_heads", HEADS)
            .put("num_key_value_heads", 2).put("max_position_embeddings", POSITIONS).put("rms_norm_eps", 1e-5)
            .put("tie_word_embeddings", true).put("initializer_range", 0.96 / Math.sqrt(width))
            .put("bos_token_id", tokenizer.beginOfSequence().orElseThrow()).put("eos_token_id", tokenizer.endOfSequence().orElseThrow());
    }
}
