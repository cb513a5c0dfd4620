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
import java.util.regex.Pattern;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What a {@code tokenizer.json} says about its tokens. The native library encodes and decodes but cannot be asked for a token's id,
 * so the vocabulary is read a second time, as a stream: a file has up to 20 MB.
 *
 * @param ids      token → id, added tokens included
 * @param known    the ids that name a token
 * @param special  the ids of added tokens marked as special
 * @param bytes    the ids of {@code <0x00>} … {@code <0xFF>} where the decoder joins runs of them into characters; else empty
 */
record TokenizerFile(Map<String, Integer> ids, BitSet known, BitSet special, BitSet bytes) {

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
        var found = new TokenizerFile(new HashMap<>(), new BitSet(), new BitSet(), new BitSet());
        boolean byteFallback = false;
        try (JsonParser parser = JsonMapper.shared().createParser(json)) {
            parser.nextToken();
            while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
                String field = parser.currentName();
                parser.nextToken();
                switch (field) {
                    case "model" -> found.addModel(parser);
                    case "added_tokens" -> found.addAddedTokens(parser.readValueAsTree());
                    case "decoder" -> byteFallback = mentionsByteFallback(parser.readValueAsTree());
                    default -> parser.skipChildren();
                }
            }
        } catch (JacksonException e) {
            throw LeewayException.data(e, "%s is not a tokenizer.json: %s", file, e.getOriginalMessage());
        }
        found.ids.forEach(byteFallback ? found::note : (token, id) -> found.known.set(id));
        return found;
    }

    private void note(String token, int id) {
        known.set(id);
        if (token.length() == 6 && BYTE_TOKEN.matcher(token).matches()) {
            bytes.set(id);
        }
    }

    private void addModel(JsonParser parser) {
        while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
            boolean vocabulary = parser.currentName().equals("vocab");
            JsonToken value = parser.nextToken();
            if (vocabulary && value == JsonToken.START_OBJECT) {
                addMap(parser);
            } else if (vocabulary && value == JsonToken.START_ARRAY) {
                addScoredList(parser);
            } else {
                parser.skipChildren();
            }
        }
    }

    /** BPE, WordPiece, WordLevel: {@code {"token": id, …}}. */
    private void addMap(JsonParser parser) {
        while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
            String token = parser.currentName();
            parser.nextToken();
            ids.put(token, parser.getIntValue());
        }
    }

    /** Unigram: {@code [["token", score], …]}, the id is the position. */
    private void addScoredList(JsonParser parser) {
        for (int id = 0; parser.nextToken() == JsonToken.START_ARRAY; id++) {
            parser.nextToken();
            ids.put(parser.getString(), id);
            parser.nextToken();
            parser.nextToken();
        }
    }

    private void addAddedTokens(JsonNode tokens) {
        for (JsonNode token : tokens) {
            int id = token.path("id").asInt();
            ids.put(token.path("content").asString(), id);
            if (token.path("special").asBoolean(false)) {
                special.set(id);
            }
        }
    }

    private static boolean mentionsByteFallback(JsonNode decoder) {
        return decoder.findValuesAsString("type").contains("ByteFallback");
    }
}
