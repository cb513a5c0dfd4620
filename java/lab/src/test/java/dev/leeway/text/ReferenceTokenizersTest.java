package dev.leeway.text;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Every string and id list of the shared tokenizer folders, against what the reference library gave for them. */
@Tag("shared")
final class ReferenceTokenizersTest {

    private static final Path SHARED = Path.of(System.getProperty("leeway.shared"));

    @TestFactory
    Stream<DynamicTest> everyReferenceCaseIsReproducedExactly() throws IOException {
        List<Path> expectations = expectations();
        assertTrue(expectations.size() >= 9, () -> "only " + expectations.size() + " tokenizers under " + SHARED);
        return expectations.stream().map(file -> DynamicTest.dynamicTest(SHARED.relativize(file).toString(), () -> check(file)));
    }

    @TestFactory
    Stream<DynamicTest> textInPiecesHasTheIdsOfTheWhole() throws IOException {
        return expectations().stream().map(file -> DynamicTest.dynamicTest(SHARED.relativize(file).toString(), () -> {
            try (Tokenizer tokenizer = Tokenizer.load(file.getParent())) {
                PieceEncoderTest.comparePieces(tokenizer, new RandomTexts(4), 10_000);
            }
        }));
    }

    private static List<Path> expectations() throws IOException {
        List<Path> result = new ArrayList<>();
        for (String folder : List.of("tokenizers", "fixtures/tokenizer", "models")) {
            try (Stream<Path> files = Files.walk(SHARED.resolve(folder), 2)) {
                files.filter(f -> f.getFileName().toString().matches("expected(_tokenizer)?\\.json"))
                        .filter(f -> JsonMapper.shared().readTree(f.toFile()).has("cases"))
                        .filter(f -> Files.exists(f.resolveSibling("tokenizer.json"))).sorted().forEach(result::add);
            }
        }
        return result;
    }

    private static void check(Path file) {
        JsonNode expected = JsonMapper.shared().readTree(file.toFile());
        try (Tokenizer tokenizer = Tokenizer.load(file.getParent())) {
            if (expected.has("vocab_size_with_added")) {
                assertEquals(expected.get("vocab_size_with_added").intValue(), tokenizer.vocabSize());
            }
            assertFalse(expected.get("cases").isEmpty());
            checkStrings(tokenizer, expected.get("cases"));
            expected.get("cases").forEach(c -> checkDecoding(tokenizer, c));
            expected.path("decode_cases").forEach(c -> checkDecoding(tokenizer, c));
        }
    }

    private static void checkStrings(Tokenizer tokenizer, JsonNode cases) {
        List<String> texts = new ArrayList<>();
        cases.forEach(c -> texts.add(c.get("text").stringValue()));
        List<int[]> withSpecial = tokenizer.encodeBatch(texts, true);
        for (int i = 0; i < texts.size(); i++) {
            String text = texts.get(i);
            assertArrayEquals(ids(cases.get(i).get("ids")), tokenizer.encode(text, true), text);
            assertArrayEquals(ids(cases.get(i).get("ids")), withSpecial.get(i), text);
            assertArrayEquals(ids(cases.get(i).get("ids_without_special")), tokenizer.encode(text, false), text);
        }
    }

    /** Whole and streamed; the stream must never show an unfinished character. */
    private static void checkDecoding(Tokenizer tokenizer, JsonNode example) {
        int[] ids = ids(example.get("ids"));
        for (boolean skip : new boolean[] {true, false}) {
            String expected = example.get(skip ? "decoded_skip_special" : "decoded_keep_special").stringValue();
            assertEquals(expected, tokenizer.decode(ids, skip));
            var stream = tokenizer.streamDecoder(skip);
            var text = new StringBuilder();
            for (int id : ids) {
                text.append(stream.next(id));
                assertTrue(expected.startsWith(text.toString()), () -> "streamed '" + text + "' of '" + expected + "'");
            }
            assertEquals(expected, text.append(stream.finish()).toString());
        }
    }

    private static int[] ids(JsonNode list) {
        int[] ids = new int[list.size()];
        for (int i = 0; i < ids.length; i++) {
            ids[i] = list.get(i).intValue();
        }
        return ids;
    }
}
