package dev.leeway.text;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.LeewayException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class TokenizerTest {

    @TempDir
    Path folder;

    @Test
    void aBatchEqualsItsTextsOneByOne() {
        try (Tokenizer tokenizer = TinyTokenizer.in(folder)) {
            List<String> texts = new ArrayList<>();
            for (int i = 0; i < 2500; i++) {
                texts.add("The cat no. " + i + " drinks" + " milk".repeat(i % 7));
            }
            List<int[]> batch = tokenizer.encodeBatch(texts, true);
            assertEquals(texts.size(), batch.size());
            for (int i = 0; i < texts.size(); i++) {
                assertArrayEquals(tokenizer.encode(texts.get(i), true), batch.get(i));
            }
            assertEquals(List.of(), tokenizer.encodeBatch(List.of(), true));
        }
    }

    @Test
    void specialTokensAreAddedOnRequestAndSkippedOnRequest() {
        try (Tokenizer tokenizer = TinyTokenizer.in(folder)) {
            int[] plain = tokenizer.encode("a cat", false);
            int[] withBegin = tokenizer.encode("a cat", true);
            assertEquals(0, withBegin[0]);
            assertArrayEquals(plain, Arrays.copyOfRange(withBegin, 1, withBegin.length));
            assertEquals("a cat", tokenizer.decode(withBegin, true));
            assertEquals("<s>a cat", tokenizer.decode(withBegin, false));
            assertTrue(tokenizer.isSpecial(1));
            assertFalse(tokenizer.isSpecial(2));
            assertFalse(tokenizer.isSpecial(-1));
        }
    }

    @Test
    void idsThatNameNoTokenDecodeToNothing() {
        try (Tokenizer tokenizer = TinyTokenizer.in(folder)) {
            assertEquals("", tokenizer.decode(new int[0], false));
            assertEquals("", tokenizer.decode(new int[] {-1, 1 << 30}, false));
        }
    }

    @Test
    void paddingAndTruncationOfTheFileAreSwitchedOff() throws IOException {
        TinyTokenizer.in(folder).close();
        String json = Files.readString(folder.resolve("tokenizer.json"));
        write("tokenizer.json", json.replaceFirst("\"truncation\" : null", """
                "truncation": {"direction": "Right", "max_length": 3, "strategy": "LongestFirst", "stride": 0}""")
                .replaceFirst("\"padding\" : null", """
                "padding": {"strategy": {"Fixed": 64}, "direction": "Right", "pad_to_multiple_of": null, "pad_id": 0, "pad_type_id": 0,
                "pad_token": "<s>"}"""));
        try (Tokenizer tokenizer = Tokenizer.load(folder)) {
            assertEquals(5, tokenizer.encode("qwxyz", false).length);
            assertEquals(5, tokenizer.encodeBatch(List.of("qwxyz", "a"), false).getFirst().length);
            assertEquals(1, tokenizer.encodeBatch(List.of("qwxyz", "a"), false).getLast().length);
        }
    }

    @Test
    void halfASurrogatePairIsReadAsTheReplacementCharacter() {
        try (Tokenizer tokenizer = TinyTokenizer.in(folder)) {
            assertEquals("a\uFFFDb 😀", tokenizer.decode(tokenizer.encode("a\uD800b 😀", true), true));
            assertArrayEquals(tokenizer.encode("\uFFFD", true), tokenizer.encodeBatch(List.of("\uDC00"), true).getFirst());
        }
    }

    @Test
    void theConfigurationNamesTheEndsOfASequence() throws IOException {
        TinyTokenizer.in(folder).close();
        write("tokenizer_config.json", "{\"bos_token\": {\"content\": \"<s>\"}, \"eos_token\": \"</s>\"}");
        write("generation_config.json", "{\"bos_token_id\": 7, \"eos_token_id\": [5, 1, 6]}");
        write("config.json", "{\"eos_token_id\": 9}");
        try (Tokenizer tokenizer = Tokenizer.load(folder)) {
            assertEquals(OptionalInt.of(0), tokenizer.beginOfSequence());
            assertEquals(OptionalInt.of(1), tokenizer.endOfSequence());
            assertEquals(Set.of(1, 5, 6), tokenizer.endIds());
        }
    }

    @Test
    void theModelConfigurationStandsInForWhatTheTokenizerLeavesOpen() throws IOException {
        TinyTokenizer.in(folder).close();
        write("tokenizer_config.json", "{\"bos_token\": null, \"eos_token\": \"<unknown>\"}");
        write("config.json", "{\"bos_token_id\": 3, \"eos_token_id\": 4}");
        try (Tokenizer tokenizer = Tokenizer.load(folder.resolve("tokenizer.json"))) {
            assertEquals(OptionalInt.of(3), tokenizer.beginOfSequence());
            assertEquals(OptionalInt.of(4), tokenizer.endOfSequence());
            assertEquals(Set.of(4), tokenizer.endIds());
        }
        Files.delete(folder.resolve("config.json"));
        try (Tokenizer tokenizer = Tokenizer.load(folder)) {
            assertEquals(OptionalInt.empty(), tokenizer.endOfSequence());
        }
    }

    @Test
    void aFolderWithoutATokenizerIsNamed() {
        var refused = assertThrows(LeewayException.class, () -> Tokenizer.load(folder));
        assertEquals("there is no file " + folder.resolve("tokenizer.json") + "; a model folder needs a tokenizer.json",
                refused.getMessage());
        assertEquals(LeewayException.Kind.DATA, refused.kind());
    }

    @Test
    void aFileThatIsNoTokenizerIsRefusedInOneSentence() throws IOException {
        for (String text : List.of("", "{", "[]", "null", "{}", "{\"model\": {\"type\": \"BPE\", \"vocab\": {}, \"merges\": [\"a b\"]}}")) {
            write("tokenizer.json", text);
            var refused = assertThrows(LeewayException.class, () -> Tokenizer.load(folder), text);
            assertTrue(refused.getMessage().startsWith(folder.resolve("tokenizer.json") + " is not a tokenizer.json"), text);
            assertFalse(refused.getMessage().contains("\n"));
        }
        Files.write(folder.resolve("tokenizer.json"), new byte[] {'{', (byte) 0xC3, '}'});
        assertTrue(assertThrows(LeewayException.class, () -> Tokenizer.load(folder)).getMessage().contains("is not UTF-8"));
    }

    @Test
    void filesThatWouldEndTheProcessInTheNativeLibraryAreRefused() throws IOException {
        TinyTokenizer.in(folder).close();
        String sound = Files.readString(folder.resolve("tokenizer.json"));
        assertSpoilt(sound, "\"special_tokens\" : {\n      \"<s>\"", "\"special_tokens\" : {\n      \"<t>\"",
                "which its special_tokens don't define");
        assertSpoilt(sound, "\"decoder\" : {\n    \"type\"", "\"decoder\" : {\n    \"kind\"", "the decoder has no type");
        assertSpoilt(sound, "\"decoder\" : {\n    \"type\" :", "\"decoder\" : {\n    \"type\" ", "is not a tokenizer.json");
        assertSpoilt(sound, "\"continuing_subword_prefix\" : null", "\"continuing_subword_prefix\" : \"####\"",
                "for WordPiece models only");
        assertSpoilt(sound, "\"</s>\" : 1", "\"</s>\" : -1", "must be from 0 to 16777215, found -1");
        assertSpoilt(sound, "\"id\" : \"A\"", "\"id\" : \"B\"", "form for a single text asks for a second one");
        for (String table : List.of("", "AAAA", "AAAAAP8=", "////////", "%")) {
            assertSpoilt(sound, "\"normalizer\" : null", "\"normalizer\" : {\"type\": \"Sequence\", \"normalizers\": [{\"type\":"
                    + " \"Precompiled\", \"precompiled_charsmap\": \"" + table + "\"}]}", "precompiled_charsmap is damaged");
        }
        write("tokenizer.json", sound.replaceFirst("(\"ids\" : \\[\\s*)0", "$1 4294967295"));
        try (Tokenizer tokenizer = Tokenizer.load(folder)) {
            assertThrows(LeewayException.class, () -> tokenizer.encode("a", true));
        }
    }

    @Test
    void whatTheLibraryCannotEncodeIsRefused() throws IOException {
        write("tokenizer.json", "{\"version\":\"1.0\",\"model\":{\"type\":\"BPE\",\"unk_token\":\"u\",\"vocab\":{\"a\":0},\"merges\":[]}}");
        try (Tokenizer tokenizer = Tokenizer.load(folder)) {
            var refused = assertThrows(LeewayException.class, () -> tokenizer.encode("x", false));
            assertEquals(folder.resolve("tokenizer.json") + " can't be worked with: Unk token `u` not found in the vocabulary",
                    refused.getMessage());
        }
    }

    @Test
    void randomlySpoiltFilesAreRefusedOrWork() throws IOException {
        TinyTokenizer.in(folder).close();
        byte[] sound = Files.readAllBytes(folder.resolve("tokenizer.json"));
        var random = new SplittableRandom(19);
        for (int round = 0; round < 300; round++) {
            byte[] spoilt = sound.clone();
            for (int i = random.nextInt(1, 4); i > 0; i--) {
                spoilt[random.nextInt(spoilt.length)] = (byte) "{}[]\",:0129-e \ntru".charAt(random.nextInt(18));
            }
            Files.write(folder.resolve("tokenizer.json"), spoilt);
            try (Tokenizer tokenizer = Tokenizer.load(folder)) {
                tokenizer.decode(tokenizer.encode("Ana vive en Lima.", true), false);
            } catch (LeewayException refused) {
                assertEquals(1, refused.getMessage().lines().count(), refused.getMessage());
            }
        }
    }

    private void assertSpoilt(String sound, String from, String to, String message) throws IOException {
        assertTrue(sound.contains(from), from);
        write("tokenizer.json", sound.replace(from, to));
        var refused = assertThrows(LeewayException.class, () -> Tokenizer.load(folder));
        assertTrue(refused.getMessage().contains(message), refused.getMessage());
    }

    @Test
    void aBrokenConfigurationIsNamed() throws IOException {
        TinyTokenizer.in(folder).close();
        write("tokenizer_config.json", "{\"bos_token\": ");
        var refused = assertThrows(LeewayException.class, () -> Tokenizer.load(folder));
        assertTrue(refused.getMessage().startsWith(folder.resolve("tokenizer_config.json") + " is not JSON: "), refused.getMessage());
    }

    @Test
    void aClosedTokenizerRefusesWorkAndClosesAgain() {
        Tokenizer tokenizer = TinyTokenizer.in(folder);
        tokenizer.close();
        tokenizer.close();
        assertThrows(IllegalStateException.class, () -> tokenizer.encode("a", true));
        assertThrows(IllegalStateException.class, () -> tokenizer.decode(new int[] {1}, true));
    }

    @Test
    void aNullTextIsRefusedBeforeTheNativeSideSeesIt() {
        try (Tokenizer tokenizer = TinyTokenizer.in(folder)) {
            assertThrows(NullPointerException.class, () -> tokenizer.encode(null, true));
            assertThrows(NullPointerException.class, () -> tokenizer.encodeBatch(Arrays.asList("a", null), true));
        }
    }

    @Test
    void loadingLeavesNoSystemPropertyBehind() {
        TinyTokenizer.in(folder).close();
        assertNull(System.getProperty("RUST_FLAVOR"));
        assertNull(System.getProperty("ai.djl.offline"));
    }

    private void write(String name, String text) throws IOException {
        Files.writeString(folder.resolve(name), text);
    }
}
