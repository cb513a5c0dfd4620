package dev.leeway.fuzz;

import dev.leeway.LeewayException;
import dev.leeway.text.BpeTrainer;
import dev.leeway.text.BpeVocabulary.Specials;
import dev.leeway.text.Tokenizer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Any bytes as a {@code tokenizer.json}, and any change to the parts of a sound one: it encodes and decodes, or it is refused with a
 * sentence. The native library must never end the process. A fuzzer's target; see profile fuzz.
 */
public final class TokenizerFuzz {

    private static final JsonMapper JSON = JsonMapper.shared();
    private static final FuzzFile FILE = new FuzzFile();
    private static final String SOUND = sound();
    private static final String STEP = "{'type':'%s','add_prefix_space':true,'trim_offsets':true,'use_regex':true,'replacement':'▁',"
            + "'prepend':'▁',"
            + "'prepend_scheme':'always','split':true,'pattern':{'String':' '},'behavior':'Isolated','invert':false,"
            + "'individual_digits':true,"
            + "'content':' ','start':1,'stop':0,'prefix':'##','cleanup':true,'suffix':'</w>','pad_token':'x','word_delimiter_token':'|',"
            + "'strip_left':true,'strip_right':true,'clean_text':true,'handle_chinese_chars':true,'strip_accents':null,'lowercase':true,"
            + "'sep':['</s>',1],'cls':['<s>',0],'normalizers':[],'pretokenizers':[],'decoders':[],'processors':[],'single':[],'pair':[],"
            + "'special_tokens':{},'delimiter':'-','length':3,'precompiled_charsmap':'AAAA'}";
    private static final List<String> TYPES = List.of("BPE", "WordPiece", "WordLevel", "Unigram", "ByteLevel", "Metaspace", "Split",
            "Sequence", "Digits", "Punctuation", "Whitespace", "WhitespaceSplit", "BertPreTokenizer", "CharDelimiterSplit",
            "UnicodeScripts",
            "FixedLength", "NFC", "NFKC", "NFD", "Lowercase", "Strip", "StripAccents", "Replace", "Prepend", "Nmt", "Precompiled",
            "BertNormalizer",
            "TemplateProcessing", "RobertaProcessing", "BertProcessing", "ByteFallback", "Fuse", "CTC", "BPEDecoder", "WordPieceDecoder");
    private static final List<String> VALUES = List.of("null", "true", "false", "0", "1", "-1", "0.5", "2.0", "4294967295", "1e400",
            "18446744073709551615", "\"\"", "\"a\"", "\"<s>\"", "\"▁\"", "\"Ġ\"", "\"####\"", "\"😀\"", "\"(\"", "\"(a|b)*\"", "\"a b\"",
            "[]", "{}", "[\"a\",\"b\"]", "[\"Ġ\",\"Ġ\"]", "[[\"a\",0.5]]", "{\"Regex\":\"\"}", "{\"Regex\":\"a*\"}", "{\"String\":\"\"}",
            "{\"a\":0}", "{\"a\":4294967295}", "{\"direction\":\"Right\",\"max_length\":0,\"strategy\":\"LongestFirst\",\"stride\":9}");

    private TokenizerFuzz() {}

    /** An odd first byte: a program of changes to a sound file, three bytes each; an even one: the rest is the file. */
    public static void fuzzerTestOneInput(byte[] input) {
        if (input.length == 0) {
            return;
        }
        byte[] content = (input[0] & 1) == 1 ? changed(input).getBytes(StandardCharsets.UTF_8)
                : Arrays.copyOfRange(input, 1, input.length);
        try (Tokenizer tokenizer = Tokenizer.load(FILE.with("tokenizer.json", content))) {
            for (String text : List.of("", "a", "Ana has a cat.\n Ā😀 <s> two  \u0301", "  ", "\0▁")) {
                tokenizer.decode(tokenizer.encode(text, true), true);
                tokenizer.encodeCut(text, text.length() > 3 ? new int[] {1, 3} : new int[0], false);
            }
            tokenizer.decode(new int[] {0, 255, 300, 70_000, Integer.MAX_VALUE}, false);
        } catch (LeewayException refused) {
            Refusal.check(refused);
        }
    }

    private static String changed(byte[] program) {
        JsonNode root = JSON.readTree(SOUND);
        for (int i = 1; i + 2 < program.length && i < 40; i += 3) {
            List<JsonNode> places = new ArrayList<>();
            collect(root, places);
            JsonNode place = places.get(Byte.toUnsignedInt(program[i]) % places.size());
            int at = Byte.toUnsignedInt(program[i + 1]);
            change(place, at, value(Byte.toUnsignedInt(program[i + 2]), places), (at & 0x80) != 0);
        }
        return root.toString();
    }

    private static JsonNode value(int chosen, List<JsonNode> places) {
        if (chosen < VALUES.size()) {
            return JSON.readTree(VALUES.get(chosen));
        }
        if (chosen < VALUES.size() + TYPES.size()) {
            return JSON.readTree("\"" + TYPES.get(chosen - VALUES.size()) + "\"");
        }
        if (chosen < VALUES.size() + 2 * TYPES.size()) {
            return JSON.readTree(STEP.formatted(TYPES.get(chosen - VALUES.size() - TYPES.size())).replace('\'', '"'));
        }
        return places.get(chosen % places.size()).deepCopy();
    }

    private static void change(JsonNode place, int at, JsonNode value, boolean add) {
        if (place instanceof ObjectNode object) {
            List<String> names = new ArrayList<>(object.propertyNames());
            if (names.isEmpty() || add && at % 4 == 0) {
                object.set(value.isString() ? value.stringValue() : "a", JSON.readTree("1"));
            } else if (add && at % 4 == 1) {
                object.remove(names.get(at % names.size()));
            } else {
                object.set(names.get(at % names.size()), value);
            }
        } else if (place instanceof ArrayNode array) {
            if (array.isEmpty() || add) {
                array.add(value);
            } else {
                array.set(at % array.size(), value);
            }
        }
    }

    /** The objects and lists of the file, but for the many merges. */
    private static void collect(JsonNode node, List<JsonNode> places) {
        if (node.isContainer() && places.size() < 256) {
            places.add(node);
            node.forEach(child -> collect(child, places));
        }
    }

    private static String sound() {
        try {
            Path folder = Files.createTempDirectory("leeway-fuzz");
            Path file = folder.resolve("tokenizer.json");
            new BpeTrainer(264, new Specials("<s>", "</s>")).train(Collections.nCopies(3, "Ana has a cat.")).save(folder);
            try {
                return Files.readString(file);
            } finally {
                Files.delete(file);
                Files.deleteIfExists(folder.resolve("tokenizer_config.json"));
                Files.delete(folder);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
