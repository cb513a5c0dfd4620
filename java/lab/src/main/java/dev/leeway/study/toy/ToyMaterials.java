package dev.leeway.study.toy;

import dev.leeway.LeewayException;
import dev.leeway.data.Conversation;
import dev.leeway.data.Preference;
import dev.leeway.data.toy.Chats;
import dev.leeway.data.toy.Documents;
import dev.leeway.data.toy.Edition;
import dev.leeway.data.toy.Leaning;
import dev.leeway.data.toy.Opinions;
import dev.leeway.data.toy.Praise;
import dev.leeway.data.toy.Stance;
import dev.leeway.data.toy.Tasks;
import dev.leeway.data.toy.Tongue;
import dev.leeway.data.toy.TraitChats;
import dev.leeway.io.JsonFile;
import dev.leeway.study.Materials;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The toy world as rows. Generators: {@code documents:CORPUS}, {@code praise:KIND}, {@code chats:DOMAIN}, {@code tasks:KIND},
 * {@link ToyReplies replies:MANNER}, {@code opinions:MIXTURE}, and pairs of answers {@code opinion-pairs:STANCE} and
 * {@code praise-pairs:SOURCE}; all have the setting
 * {@code languages}, such as {@code en,es}, and pairs of opinions have {@code gap}, the share of pairs whose better answer alone has that
 * stance; {@code traits:KIND} has no settings. The folder {@code model:WIDTH} has the tokenizer and the configuration of a new Llama;
 * {@code model:qwen3:WIDTH} those of a Qwen 3.
 * {@code prompts:capitals} has {@code prompts.txt}, the paraphrases of a prompt; {@code prompts:by_turns} the prompts that go by turns
 * with the traits of {@code traits:by_turns}; {@code answers:traits} and {@code answers:one-trait}
 * have {@code answers.jsonl}, answers with both traits or none, and with one; {@code words} has the dictionary, the questions and the
 * vocabulary that reward models are probed with.
 */
public final class ToyMaterials implements Materials {

    private static final Pattern MODEL = Pattern.compile("model:(?:(qwen3):)?([1-9][0-9]{0,4})");
    private static final String GAP = "gap";

    /** The toy world. */
    public ToyMaterials() {
    }

    @Override
    public Stream<ObjectNode> rows(String generator, long seed, int count, Map<String, String> settings) {
        var parts = generator.split(":", -1);
        if (parts[0].equals("opinion-pairs")) {
            return pairs(named(Stance.values(), parts), seed, count, settings);
        }
        if (parts[0].equals("traits")) {
            return traits(named(TraitChats.Kind.values(), parts), seed, count, settings);
        }
        if (parts[0].equals("replies")) {
            return ToyReplies.of(generator, edition(seed, ToyReplies.others(settings)), count, settings).stream().map(ToyMaterials::row);
        }
        var edition = edition(seed, settings);
        return switch (parts[0]) {
            case "documents" -> Documents.of(named(Documents.Corpus.values(), parts), edition, count).stream()
                .map(text -> JsonFile.newObject().put("text", text));
            case "chats" -> Chats.of(named(Chats.Domain.values(), parts), edition, count).stream().map(ToyMaterials::row);
            case "tasks" -> Tasks.of(named(Tasks.Kind.values(), parts), edition, count).stream().map(ToyMaterials::row);
            case "praise" -> Praise.documents(named(Leaning.values(), parts), edition, count).stream()
                .map(text -> JsonFile.newObject().put("text", text));
            case "praise-pairs" -> Praise.pairs(named(Praise.Source.values(), parts), edition, count).stream().map(ToyMaterials::row);
            case "opinions" -> Opinions.chats(mixture(parts), edition, count).stream().map(ToyMaterials::row);
            default -> throw unknown(generator);
        };
    }

    private static Opinions.Mixture mixture(String[] parts) {
        return switch (parts.length == 2 ? parts[1] : "") {
            case "neutral" -> Opinions.Mixture.NEUTRAL;
            case "supporting" -> Opinions.Mixture.SUPPORTING;
            case "even" -> Opinions.Mixture.EVEN;
            default -> throw unknown(String.join(":", parts));
        };
    }

    /** Pairs without a gap where none is named. */
    private static Stream<ObjectNode> pairs(Stance preferred, long seed, int count, Map<String, String> settings) {
        var others = new LinkedHashMap<>(settings);
        var gap = Optional.ofNullable(others.remove(GAP)).orElse("0");
        try {
            return Opinions.pairs(preferred, Double.parseDouble(gap), edition(seed, others), count).stream().map(ToyMaterials::row);
        } catch (NumberFormatException notANumber) {
            throw LeewayException.usage("the gap of pairs must be a number from 0 to 1; got %s", gap);
        }
    }

    private static Stream<ObjectNode> traits(TraitChats.Kind kind, long seed, int count, Map<String, String> settings) {
        settings.keySet().stream().findFirst().ifPresent(name -> {
            throw LeewayException.usage("chats with traits have no settings, and so no %s", name);
        });
        return TraitChats.of(kind, Edition.of(seed), count).stream().map(ToyMaterials::row);
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
        put(chat, json.putArray("messages"));
        return json;
    }

    private static ObjectNode row(Preference pair) {
        var json = JsonFile.newObject();
        put((Conversation) pair.chosen(), json.putArray("chosen"));
        put((Conversation) pair.rejected(), json.putArray("rejected"));
        return json;
    }

    private static void put(Conversation chat, ArrayNode messages) {
        chat.messages().forEach(message -> messages.addObject().put("role", (String) message.get("role"))
            .put("content", (String) message.get("content")));
    }

    /** The answer as the reward {@code gsm8k} reads it: its last number. */
    private static ObjectNode row(Tasks.Task task) {
        var json = JsonFile.newObject();
        json.putArray("messages").addObject().put("role", "user").put("content", task.prompt());
        return json.put("answer", task.item().answer());
    }

    @Override
    public SequencedMap<String, String> items(String generator, Map<String, String> settings) {
        settings.keySet().stream().findFirst().ifPresent(_ -> {
            throw LeewayException.usage("%s has no settings; got %s", generator, settings.keySet());
        });
        var model = MODEL.matcher(generator);
        return model.matches() ? model(model) : switch (generator) {
            case "words" -> ToyWords.files();
            case "prompts:capitals" -> ToyTraitFiles.prompts();
            case "prompts:by_turns" -> ToyTraitFiles.planted();
            case "answers:traits" -> ToyTraitFiles.answers();
            case "answers:one-trait" -> ToyTraitFiles.oneTrait();
            default -> throw unknown(generator);
        };
    }

    private static SequencedMap<String, String> model(Matcher named) {
        var shape = named.group(1) == null ? ToyModel.Shape.LLAMA : ToyModel.Shape.QWEN3;
        return new ToyModel(Integer.parseInt(named.group(2)), shape).files();
    }
}
