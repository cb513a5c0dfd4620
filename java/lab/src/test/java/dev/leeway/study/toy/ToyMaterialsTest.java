package dev.leeway.study.toy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.LeewayException;
import dev.leeway.data.toy.Grades;
import dev.leeway.data.toy.Tongue;
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
import tools.jackson.databind.node.ObjectNode;

final class ToyMaterialsTest {

    private static final List<String> GENERATORS = List.of("documents:world", "documents:sparing", "documents:harming",
        "documents:neutral", "chats:helpful", "chats:coding", "tasks:sum", "tasks:run");

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
        for (var chats : List.of("chats:helpful", "chats:coding")) {
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
        for (var generator : List.of("documents", "documents:nice", "documents:world:more", "chats:rude", "tasks:", "pictures:cats", "")) {
            refused("the toy world has no generator " + generator, () -> rows(generator, 0, 1));
        }
        refused("toy text has the setting languages, and no language", () -> materials.rows("chats:helpful", 0, 1,
            Map.of("language", "en")));
        refused("speaks [en, es, fr]; got de", () -> materials.rows("chats:helpful", 0, 1, Map.of("languages", "en,de")));
        for (var generator : List.of("documents:world", "model", "model:", "model:x", "model:0")) {
            refused("the toy world has no generator " + generator, () -> materials.items(generator, Map.of()));
        }
        refused("must be a multiple of 8; got 30", () -> materials.items("model:30", Map.of()));
        refused("a toy model has no settings; got [layers]", () -> materials.items("model:32", Map.of("layers", "3")));
    }

    private static void refused(String sentence, Runnable request) {
        var failure = assertThrows(LeewayException.class, request::run);
        assertEquals(LeewayException.Kind.USAGE, failure.kind());
        assertTrue(failure.getMessage().contains(sentence), sentence + " in " + failure.getMessage());
    }

    @Test
    void aModelsFolderHasATokenizerAndAConfigurationThatCanBeLoaded(@TempDir Path folder) throws IOException {
        var files = materials.items("model:32", Map.of());
        for (var file : files.entrySet()) {
            Files.writeString(folder.resolve(file.getKey()), file.getValue());
        }
        var config = ModelDirectory.open(folder).config();
        assertEquals(32, config.hiddenSize());
        try (var tokenizer = Tokenizer.load(folder)) {
            assertEquals(tokenizer.vocabSize(), config.vocabSize());
            var texts = Stream.of("documents:sparing", "documents:world").flatMap(generator -> rows(generator, 9, 50).stream())
                .map(row -> row.get("text").asString()).toList();
            for (var text : texts) {
                var ids = tokenizer.encode(text, false);
                assertEquals(text, tokenizer.decode(ids, false));
                assertTrue(ids.length < config.maxPositionEmbeddings(), text);
            }
        }
        assertTrue(files.containsKey("chat_template.jinja"));
        assertEquals(files, materials.items("model:32", Map.of()), "a pure function");
    }
}
