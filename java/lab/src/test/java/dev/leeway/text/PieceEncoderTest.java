package dev.leeway.text;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Text encoded in remembered pieces, against the same text given to the reference as a whole. */
final class PieceEncoderTest {

    private static final int TEXTS = 3_000;
    private static final String LLAMA_3 = "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}"
            + "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*"
            + "|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
    private static final String BYTES = "{'type':'ByteLevel','add_prefix_space':false,'trim_offsets':true,'use_regex':%s}";
    /** A BPE over marked spaces, with a token for every letter used. */
    private static final String MARKED = "{'version':'1.0','added_tokens':[{'id':0,'content':'<s>','single_word':false,'lstrip':false,"
            + "'rstrip':false,'normalized':false,'special':true}],'normalizer':%s,'pre_tokenizer':null,'post_processor':null,"
            + "'decoder':null,"
            + "'model':{'type':'BPE','dropout':null,'unk_token':'<s>','fuse_unk':true,'byte_fallback':false,'vocab':{'<s>':0,'▁':1,"
            + "'a':2,'b':3,'c':4,'▁a':5,"
            + "'ab':6,'▁ab':7,'▁▁':8,'bc':9%s},'merges':['▁ a','a b','▁a b','▁ ▁','b c'%s]}}";
    private static final String MARK = "{'type':'Replace','pattern':{'String':' '},'content':'▁'}";
    private static final String PREPEND = "{'type':'Sequence','normalizers':[{'type':'Prepend','prepend':'▁'}," + MARK + "]}";

    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"gpt2", "llama3", "digits"})
    void piecesOfByteLevelTextGiveTheIdsOfTheWhole(String kind) throws IOException {
        TinyTokenizer.in(folder).close();
        Path file = folder.resolve("tokenizer.json");
        ObjectNode json = (ObjectNode) JsonMapper.shared().readTree(file.toFile());
        String before = switch (kind) {
            case "llama3" -> "{'type':'Split','pattern':{'Regex':%s},'behavior':'Isolated','invert':false},".formatted(
                    JsonMapper.shared().writeValueAsString(LLAMA_3).replace("'", "\\u0027"));
            case "digits" -> "{'type':'Digits','individual_digits':true},";
            default -> "";
        };
        json.set("pre_tokenizer", read("{'type':'Sequence','pretokenizers':[" + before + BYTES.formatted(!kind.equals("llama3")) + "]}"));
        if (!kind.equals("gpt2")) {
            Files.writeString(file, json.toString());
        }
        assertTrue(TokenizerFile.parse(file, json.toString()).cuts().isPresent() || kind.equals("gpt2"), "it has no sure cuts");
        compare(file, 1);
    }

    @Test
    void piecesOfMarkedTextGiveTheIdsOfTheWhole() throws IOException {
        for (String normalizer : List.of(MARK, PREPEND)) {
            Path file = write(MARKED.formatted(normalizer, "", ""));
            assertTrue(TokenizerFile.parse(file, Files.readString(file)).cuts().isPresent());
            compare(file, 2);
        }
    }

    @Test
    void whereUnknownCharactersAreLeftOutTheirNeighboursMeetSoNothingIsCut() throws IOException {
        Path file = write(MARKED.formatted(PREPEND, "", "").replace("'unk_token':'<s>'", "'unk_token':null"));
        assertFalse(TokenizerFile.parse(file, Files.readString(file)).cuts().isPresent());
        compare(file, 5);
    }

    @Test
    void whereAMergeReachesAcrossASpaceNothingIsCut() throws IOException {
        Path file = write(MARKED.formatted(PREPEND, ",'b▁':10", ",'b ▁'"));
        assertFalse(TokenizerFile.parse(file, Files.readString(file)).cuts().isPresent());
        compare(file, 3);
        try (Tokenizer tokenizer = Tokenizer.load(file)) {
            assertArrayEquals(new int[] {1, 10, 3}, tokenizer.encode("b b", false));
        }
    }

    @Test
    void cutsBetweenTokensAreCountedAndCutsThroughThemAreToldApart() {
        try (Tokenizer tokenizer = TinyTokenizer.in(folder)) {
            int name = tokenizer.encode("Ana", false).length;
            int before = tokenizer.encode("Ana has a", false).length;
            // " cat" is one token.
            assertEquals(List.of(new Cut(0, false), new Cut(name, false), new Cut(before, false), new Cut(before, true)),
                    tokenizer.encodeCut("Ana has a cat", new int[] {0, 3, 9, 12}, false).cuts());
            assertEquals(List.of(new Cut(1, false), new Cut(1 + name, false)),
                    tokenizer.encodeCut("Ana has a cat", new int[] {0, 3}, true).cuts());
        }
    }

    private static void compare(Path file, long seed) {
        try (Tokenizer tokenizer = Tokenizer.load(file)) {
            comparePieces(tokenizer, new RandomTexts(seed), TEXTS);
        }
    }

    /** Ids, and what stands before each place, must be those of the reference's own encodings. */
    static void comparePieces(Tokenizer tokenizer, RandomTexts texts, int count) {
        for (int i = 0; i < count; i++) {
            String text = texts.next();
            int[] whole = tokenizer.encodeWhole(text, false);
            String shown = JsonMapper.shared().writeValueAsString(text);
            assertArrayEquals(whole, tokenizer.encode(text, false), shown);
            assertArrayEquals(tokenizer.encodeWhole(text, true), tokenizer.encode(text, true), shown);
            int[] places = texts.places(text);
            CutText cut = tokenizer.encodeCut(text, places, false);
            assertArrayEquals(whole, cut.ids(), shown);
            assertEquals(Arrays.stream(places).mapToObj(place -> place == 0 ? new Cut(0, false)
                    : Cut.after(tokenizer.encodeWhole(text.substring(0, place), false), whole, 0)).toList(), cut.cuts(),
                    () -> shown + " at " + Arrays.toString(places));
        }
    }

    private Path write(String json) throws IOException {
        return Files.writeString(folder.resolve("tokenizer.json"), json.replace('\'', '"'));
    }

    private static ObjectNode read(String json) {
        return (ObjectNode) JsonMapper.shared().readTree(json.replace('\'', '"'));
    }
}
