package dev.leeway.text;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class StreamDecoderTest {

    @TempDir
    Path folder;

    @Test
    void aCharacterAppearsWithItsLastByte() {
        try (Tokenizer tokenizer = TinyTokenizer.in(folder)) {
            int[] ids = tokenizer.encode("a😀b", false);
            assertEquals(6, ids.length);
            assertEquals(List.of("a", "", "", "", "😀", "b", ""), pieces(tokenizer, ids, true));
        }
    }

    @Test
    void anUnfinishedCharacterAppearsOnlyAtTheEnd() {
        try (Tokenizer tokenizer = TinyTokenizer.in(folder)) {
            int[] ids = Arrays.copyOf(tokenizer.encode("a😀", false), 3);
            assertEquals(List.of("a", "", "", "\uFFFD"), pieces(tokenizer, ids, true));
        }
    }

    @Test
    void skippedTokensShowNothing() {
        try (Tokenizer tokenizer = TinyTokenizer.in(folder)) {
            int a = tokenizer.tokenToId("a").orElseThrow();
            assertEquals(List.of("", "a", "", "a", ""), pieces(tokenizer, new int[] {0, a, 1, a}, true));
            assertEquals(List.of("<s>", "a", "</s>", "a", ""), pieces(tokenizer, new int[] {0, a, 1, a}, false));
        }
    }

    @Test
    void piecesOfAnyIdsMakeTheWholeText() throws IOException {
        try (Tokenizer byteLevel = TinyTokenizer.in(folder.resolve("a")); Tokenizer byteFallback = byteFallback()) {
            var random = new SplittableRandom(11);
            for (Tokenizer tokenizer : List.of(byteLevel, byteFallback)) {
                for (int round = 0; round < 400; round++) {
                    int[] ids = random.ints(random.nextInt(24), -1, tokenizer.vocabSize() + 1).toArray();
                    for (boolean skip : new boolean[] {true, false}) {
                        checkPieces(tokenizer, ids, skip);
                    }
                }
            }
        }
    }

    @Test
    void aFinishedDecoderStartsAfresh() {
        try (Tokenizer tokenizer = TinyTokenizer.in(folder)) {
            StreamDecoder decoder = tokenizer.streamDecoder(true);
            for (int round = 0; round < 2; round++) {
                assertEquals("a", decoder.next(tokenizer.tokenToId("a").orElseThrow()));
                assertEquals("", decoder.finish());
            }
        }
    }

    private static void checkPieces(Tokenizer tokenizer, int[] ids, boolean skip) {
        String whole = tokenizer.decode(ids, skip);
        var text = new StringBuilder();
        for (String piece : pieces(tokenizer, ids, skip)) {
            text.append(piece);
            assertTrue(whole.startsWith(text.toString()), () -> Arrays.toString(ids) + ": '" + text + "' of '" + whole + "'");
        }
        assertEquals(whole, text.toString(), () -> Arrays.toString(ids));
    }

    private static List<String> pieces(Tokenizer tokenizer, int[] ids, boolean skip) {
        StreamDecoder decoder = tokenizer.streamDecoder(skip);
        List<String> pieces = new ArrayList<>();
        Arrays.stream(ids).forEach(id -> pieces.add(decoder.next(id)));
        pieces.add(decoder.finish());
        return pieces;
    }

    /** Llama 2's kind: runs of byte tokens become characters together, one space at the start of a text is dropped; and one empty token. */
    private Tokenizer byteFallback() throws IOException {
        var vocabulary = new StringBuilder("\"<unk>\": 0, \"<s>\": 1");
        List<String> bytes = List.of("0x0A", "0x61", "0xC3", "0xA9", "0xE2", "0x82", "0xAC", "0xFF");
        for (int i = 0; i < bytes.size(); i++) {
            vocabulary.append(", \"<").append(bytes.get(i)).append(">\": ").append(i + 2);
        }
        vocabulary.append(", \"▁\": 10, \"▁a\": 11, \"b\": 12, \"\": 13");
        Files.createDirectories(folder.resolve("b"));
        Path file = folder.resolve("b/tokenizer.json");
        Files.writeString(file, """
                {"added_tokens": [%s, %s],
                 "decoder": {"type": "Sequence", "decoders": [
                  {"type": "Replace", "pattern": {"String": "▁"}, "content": " "}, {"type": "ByteFallback"}, {"type": "Fuse"},
                  {"type": "Strip", "content": " ", "start": 1, "stop": 0}]},
                 "model": {"type": "BPE", "unk_token": "<unk>", "byte_fallback": true, "vocab": {%s}, "merges": []}}
                """.formatted(special(0, "<unk>"), special(1, "<s>"), vocabulary));
        return Tokenizer.load(file);
    }

    private static String special(int id, String content) {
        return "{\"id\": " + id + ", \"content\": \"" + content + "\", \"special\": true, \"normalized\": false,"
                + " \"single_word\": false, \"lstrip\": false, \"rstrip\": false}";
    }
}
