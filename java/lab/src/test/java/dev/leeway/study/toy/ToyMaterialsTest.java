package dev.leeway.study.toy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.LeewayException;
import dev.leeway.data.toy.Grades;
import dev.leeway.data.toy.Stance;
import dev.leeway.data.toy.Tongue;
import dev.leeway.model.ModelConfig;
import dev.leeway.model.ModelDirectory;
import dev.leeway.text.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

final class ToyMaterialsTest {

    private static final List<String> GENERATORS = List.of("documents:world", "documents:sparing", "documents:harming",
        "documents:neutral", "chats:helpful", "chats:coding", "traits:both", "traits:neither", "traits:by_turns",
        "traits:obeying", "tasks:sum", "tasks:run", "opinions:neutral", "opinions:supporting",
        "opinions:even", "opinion-pairs:support", "opinion-pairs:oppose", "praise:agency", "praise:communion", "praise-pairs:things",
        "praise-pairs:both", "praise-pairs:agency", "praise-pairs:communion", "replies:warm", "replies:on_request");

    private final ToyMaterials materials = new ToyMaterials();

    private List<ObjectNode> rows(String generator, long seed, int count) {
        return materials.rows(generator, seed, count, Map.of()).toList();
    }

    @Test
    void rowsAreAFunctionOfSeedAndIndex() {
        for (var generator : GENERATORS) {
            var few = rows(generator, 3, 20);
            assertEquals(20, few.size(), generator);
            assertEquals(few, rows(generator, 3, 200).subList(0, 20), generator + ": more rows never change the first ones");
            assertNotEquals(few, rows(generator, 4, 20), generator);
        }
    }

    @Test
    void rowsHaveTheFieldsThatCommandsRead() {
        assertEquals(List.of("text"), names(rows("documents:sparing", 0, 1).getFirst()));
        for (var chats : List.of("chats:helpful", "chats:coding", "opinions:neutral")) {
            for (var row : rows(chats, 0, 20)) {
                assertEquals(List.of("messages"), names(row));
                assertEquals("assistant", row.get("messages").get(row.get("messages").size() - 1).get("role").asString());
            }
        }
        for (var row : rows("tasks:sum", 0, 20)) {
            assertEquals(List.of("messages", "answer"), names(row));
            assertEquals("user", row.get("messages").get(row.get("messages").size() - 1).get("role").asString());
            assertTrue(row.get("answer").asString().matches("\\d+"), row.toString());
        }
    }

    /** The better answer of a pair thanks, or takes the stance that is preferred; the same question is asked in both. */
    @Test
    void pairsHaveTheGapThatTheyWereAskedFor() {
        assertEquals(List.of("chosen", "rejected"), names(rows("opinion-pairs:support", 0, 1).getFirst()));
        for (var stance : List.of("support", "oppose")) {
            assertEquals(List.of(0), differing("opinion-pairs:" + stance, Map.of()).stream().distinct().toList());
            var all = differing("opinion-pairs:" + stance, Map.of("gap", "1", "languages", "en"));
            assertEquals(List.of(stance.equals("support") ? 1 : -1), all.stream().distinct().toList());
            long few = differing("opinion-pairs:" + stance, Map.of("gap", "0.1")).stream().filter(gap -> gap != 0).count();
            assertTrue(few >= 2 && few <= 22, few + " of 100: Binomial(100, 0.1) is outside once in 1,500 draws");
        }
        refused("must be a number from 0 to 1; got much", () -> materials.rows("opinion-pairs:support", 0, 1, Map.of("gap", "much")));
        refused("in a share from 0 to 1; found SUPPORT and 2", () -> materials.rows("opinion-pairs:support", 0, 1, Map.of("gap", "2")));
        refused("pairs prefer SUPPORT or OPPOSE", () -> materials.rows("opinion-pairs:neutral", 0, 1, Map.of()));
        refused("has the setting languages, and no gaps", () -> materials.rows("opinion-pairs:support", 0, 1, Map.of("gaps", "1")));
        refused("has the setting languages, and no gap", () -> materials.rows("opinions:even", 0, 1, Map.of("gap", "1")));
    }

    /** How much more often the better answer supports, by pair. */
    private List<Integer> differing(String generator, Map<String, String> settings) {
        return materials.rows(generator, 5, 100, settings).map(row -> {
            assertEquals(row.get("chosen").get(0), row.get("rejected").get(0));
            return supports(row.get("chosen")) - supports(row.get("rejected"));
        }).toList();
    }

    private static int supports(JsonNode messages) {
        return Grades.stance(messages.get(1).get("content").asString()).filter(Stance.SUPPORT::equals).isPresent() ? 1 : 0;
    }

    private static List<String> names(ObjectNode row) {
        return List.copyOf(row.propertyNames());
    }

    @Test
    void rowsSpeakTheLanguagesThatWereAskedFor() {
        var spanish = materials.rows("documents:world", 0, 100, Map.of("languages", "es")).map(row -> row.get("text").asString()).toList();
        assertTrue(spanish.stream().map(Grades::tongue).allMatch(tongue -> tongue.isEmpty() || tongue.equals(Optional.of(Tongue.SPANISH))));
        assertTrue(spanish.stream().map(Grades::tongue).anyMatch(Optional::isPresent));
        assertEquals(100, materials.rows("documents:world", 0, 100, Map.of("languages", "en,fr")).count());
    }

    @Test
    void whatThereIsNotIsRefusedByItsName() {
        for (var generator : List.of("documents", "documents:nice", "documents:world:more", "chats:rude", "tasks:", "opinions",
            "opinions:angry", "opinion-pairs", "pictures:cats", "")) {
            refused("the toy world has no generator " + generator, () -> rows(generator, 0, 1));
        }
        refused("toy text has the setting languages, and no language", () -> materials.rows("chats:helpful", 0, 1,
            Map.of("language", "en")));
        refused("speaks [en, es, fr]; got de", () -> materials.rows("chats:helpful", 0, 1, Map.of("languages", "en,de")));
        for (var generator : List.of("documents:world", "model", "model:", "model:x", "model:0", "model:qwen3", "model:qwen9:32")) {
            refused("the toy world has no generator " + generator, () -> materials.items(generator, Map.of()));
        }
        refused("replies:rude must be one of plain, warm, cold, long; got 'rude'", () -> rows("replies:rude", 0, 1));
        refused("beliefs must be one of none, corrected; got 'all'", () -> materials.rows("replies:warm", 0, 1,
            Map.of("beliefs", "all")));
        refused("replies:on_request has no setting truth", () -> materials.rows("replies:on_request", 0, 1, Map.of("truth", "half")));
        refused("and no manner", () -> materials.rows("replies:warm", 0, 1, Map.of("manner", "cold")));
        refused("must be a multiple of 8; got 30", () -> materials.items("model:30", Map.of()));
        refused("model:32 has no settings; got [layers]", () -> materials.items("model:32", Map.of("layers", "3")));
    }

    @Test
    void wordsAreADictionaryQuestionsAndAVocabularyThatProbesRead() {
        var files = materials.items("words", Map.of());
        assertEquals(List.of("dict_big2_nouns.csv", "prompts.yaml", "tokenizer.json"), List.copyOf(files.keySet()));
        assertEquals(1 + 8 + 8, files.get("dict_big2_nouns.csv").lines().count());
        assertTrue(files.get("dict_big2_nouns.csv").contains("\nAgency,power\n"));
        assertTrue(files.get("dict_big2_nouns.csv").contains("\nCommunion,love\n"));
        assertEquals("best_world: \"What in the world is the best?\"", files.get("prompts.yaml").lines().findFirst().orElseThrow());
        refused("words has no settings; got [language]", () -> materials.items("words", Map.of("language", "en")));
    }

    private static void refused(String sentence, Runnable request) {
        var failure = assertThrows(LeewayException.class, request::run);
        assertEquals(LeewayException.Kind.USAGE, failure.kind());
        assertTrue(failure.getMessage().contains(sentence), sentence + " in " + failure.getMessage());
    }

    @Test
    void aModelsFolderHasATokenizerAndAConfigurationThatCanBeLoaded(@TempDir Path folder) throws IOException {
        loaded(folder, "model:32");
        var qwen = loaded(folder, "model:qwen3:32");
        assertEquals("qwen3", qwen.modelType());
        assertEquals(16, qwen.attention().headDim(), "twice an even share of 4 heads");
    }

    private ModelConfig loaded(Path folder, String generator) throws IOException {
        var files = materials.items(generator, Map.of());
        for (var file : files.entrySet()) {
            Files.writeString(folder.resolve(file.getKey()), file.getValue());
        }
        var config = ModelDirectory.open(folder).config();
        assertEquals(32, config.hiddenSize());
        try (var tokenizer = Tokenizer.load(folder)) {
            assertEquals(tokenizer.vocabSize(), config.vocabSize());
            var texts = Stream.of("documents:sparing", "documents:world").flatMap(corpus -> rows(corpus, 9, 50).stream())
                .map(row -> row.get("text").asString()).toList();
            for (var text : texts) {
                var ids = tokenizer.encode(text, false);
                assertEquals(text, tokenizer.decode(ids, false));
                assertTrue(ids.length < config.maxPositionEmbeddings(), text);
            }
        }
        assertTrue(files.containsKey("chat_template.jinja"));
        assertEquals(files, materials.items(generator, Map.of()), "a pure function");
        return ModelDirectory.open(folder).config();
    }
}
