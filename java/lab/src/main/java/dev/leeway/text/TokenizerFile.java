package dev.leeway.text;

import dev.leeway.LeewayException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.MissingNode;

/**
 * What a {@code tokenizer.json} says about its tokens. The native library encodes and decodes but cannot be asked for a token's id,
 * so the vocabulary is read a second time, as a stream: a file has up to 20 MB.
 *
 * @param file     where it is from
 * @param ids      token → id, added tokens included
 * @param known    the ids that name a token
 * @param special  the ids of added tokens marked as special
 * @param bytes    the ids of {@code <0x00>} … {@code <0xFF>} where the decoder joins runs of them into characters; else empty
 * @param cuts     where texts may be cut before they are encoded
 */
record TokenizerFile(Path file, Map<String, Integer> ids, BitSet known, BitSet special, BitSet bytes, Optional<Cuts> cuts) {

    /**
     * What is needed to encode a text in pieces.
     *
     * @param sure  the places between words
     * @param added the tokens that are never cut through
     */
    record Cuts(SureCuts sure, AddedTokens added) {}

    /** The steps before the model, and the model, as far as they decide where texts may be cut. */
    private static final class Steps {
        private JsonNode normalizer = MissingNode.getInstance();
        private JsonNode preTokenizer = MissingNode.getInstance();
        private JsonNode addedTokens = MissingNode.getInstance();
        private SureCuts.Model model = new SureCuts.Model(false, false, true);

        Optional<Cuts> cuts() {
            return SureCuts.of(normalizer, preTokenizer, model)
                    .flatMap(sure -> AddedTokens.of(addedTokens, SureCuts.isNothing(normalizer)).map(added -> new Cuts(sure, added)));
        }
    }

    /** Far beyond any vocabulary, and a set of ids up to it is small. */
    private static final int LARGEST_ID = (1 << 24) - 1;
    private static final Pattern BEFORE_MARK = Pattern.compile("[^" + SureCuts.MARK + "]" + SureCuts.MARK);
    private static final Pattern BYTE_TOKEN = Pattern.compile("<0x[0-9A-Fa-f]{2}>");

    /** The file's text, which must be UTF-8. */
    static String text(Path file) {
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(Files.readAllBytes(file))).toString();
        } catch (NoSuchFileException e) {
            throw LeewayException.data(e, "there is no file %s; a model folder needs a tokenizer.json", file);
        } catch (CharacterCodingException e) {
            throw LeewayException.data(e, "%s is not UTF-8 text, so it is not a tokenizer.json; fetch the file again", file);
        } catch (IOException e) {
            throw LeewayException.data(e, "%s cannot be read: %s", file, e.getMessage());
        }
    }

    /** Reads the vocabulary from the file's text; {@code file} only names it in errors. */
    static TokenizerFile parse(Path file, String json) {
        var found = new TokenizerFile(file, new HashMap<>(), new BitSet(), new BitSet(), new BitSet(), Optional.empty());
        var steps = new Steps();
        boolean byteFallback = false;
        try (JsonParser parser = JsonMapper.shared().createParser(json)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                throw LeewayException.data("%s is not a tokenizer.json: it holds no JSON object", file);
            }
            while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
                String field = parser.currentName();
                parser.nextToken();
                switch (field) {
                    case "model" -> steps.model = found.addModel(parser);
                    case "added_tokens" -> found.addAddedTokens(steps.addedTokens = parser.readValueAsTree());
                    case "normalizer" -> NativeDemands.checkNormalizer(file, steps.normalizer = parser.readValueAsTree());
                    case "pre_tokenizer" -> steps.preTokenizer = parser.readValueAsTree();
                    case "post_processor" -> NativeDemands.checkPostProcessor(file, parser.readValueAsTree());
                    case "decoder" -> byteFallback = joinsBytes(file, parser.readValueAsTree());
                    default -> parser.skipChildren();
                }
            }
            if (parser.nextToken() != null) {
                throw LeewayException.data("%s is not a tokenizer.json: it goes on after its JSON object", file);
            }
        } catch (JacksonException e) {
            throw LeewayException.data(e, "%s is not a tokenizer.json: %s", file, e.getOriginalMessage());
        }
        if (byteFallback) {
            found.ids.forEach(found::noteByte);
        }
        return new TokenizerFile(file, found.ids, found.known, found.special, found.bytes, steps.cuts());
    }

    private void add(String token, int id) {
        if (id < 0 || id > LARGEST_ID) {
            throw LeewayException.data("%s: the id of a token must be from 0 to %d, found %d", file, LARGEST_ID, id);
        }
        known.set(id);
        ids.put(token, id);
    }

    private void noteByte(String token, int id) {
        if (token.length() == 6 && BYTE_TOKEN.matcher(token).matches()) {
            bytes.set(id);
        }
    }

    private SureCuts.Model addModel(JsonParser parser) {
        String type = "";
        boolean affixed = false;
        boolean prefixed = false;
        boolean random = false;
        boolean takesWhole = false;
        boolean crossesMark = false;
        boolean namesUnknown = false;
        while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
            String field = parser.currentName();
            parser.nextToken();
            switch (field) {
                case "vocab" -> addVocabulary(parser);
                case "type" -> type = parser.getValueAsString("");
                case "continuing_subword_prefix" -> prefixed = !parser.getValueAsString("").isEmpty();
                case "end_of_word_suffix" -> affixed = !parser.getValueAsString("").isEmpty();
                case "dropout" -> random = parser.currentToken() != JsonToken.VALUE_NULL;
                case "ignore_merges" -> takesWhole = parser.currentToken() == JsonToken.VALUE_TRUE;
                case "unk_token" -> namesUnknown = parser.currentToken() == JsonToken.VALUE_STRING;
                case "merges" -> crossesMark = crossesMark(parser);
                default -> parser.skipChildren();
            }
        }
        NativeDemands.checkPrefix(file, prefixed && !"WordPiece".equals(type));
        return new SureCuts.Model("BPE".equals(type) && !affixed && !prefixed && !random, takesWhole,
                crossesMark || !namesUnknown || !ids.containsKey(String.valueOf(SureCuts.MARK)));
    }

    /** Whether a merge, written as {@code "left right"} or as a list of the two, joins something to a mark of a space behind it. */
    private static boolean crossesMark(JsonParser parser) {
        if (parser.currentToken() != JsonToken.START_ARRAY) {
            parser.skipChildren();
            return true;
        }
        boolean found = false;
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            if (parser.currentToken() == JsonToken.START_ARRAY) {
                var pair = new StringBuilder();
                while (parser.nextToken() == JsonToken.VALUE_STRING) {
                    pair.append(parser.getString());
                }
                found |= BEFORE_MARK.matcher(pair).find();
            } else {
                found |= BEFORE_MARK.matcher(parser.getValueAsString("").replaceFirst(" ", "")).find();
                parser.skipChildren();
            }
        }
        return found;
    }

    private void addVocabulary(JsonParser parser) {
        switch (parser.currentToken()) {
            case START_OBJECT -> addMap(parser);
            case START_ARRAY -> addScoredList(parser);
            default -> parser.skipChildren();
        }
    }

    /** BPE, WordPiece, WordLevel: {@code {"token": id, …}}. */
    private void addMap(JsonParser parser) {
        while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
            String token = parser.currentName();
            parser.nextToken();
            add(token, parser.getIntValue());
        }
    }

    /** Unigram: {@code [["token", score], …]}, the id is the position. */
    private void addScoredList(JsonParser parser) {
        for (int id = 0; parser.nextToken() == JsonToken.START_ARRAY; id++) {
            parser.nextToken();
            add(parser.getString(), id);
            parser.nextToken();
            parser.nextToken();
        }
    }

    private void addAddedTokens(JsonNode tokens) {
        for (JsonNode token : tokens) {
            int id = token.path("id").asInt();
            add(token.path("content").asString(), id);
            if (token.path("special").asBoolean(false)) {
                special.set(id);
            }
        }
    }

    private static boolean joinsBytes(Path file, JsonNode decoder) {
        NativeDemands.checkDecoder(file, decoder);
        return decoder.findValuesAsString("type").contains("ByteFallback");
    }
}
