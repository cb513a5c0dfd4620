package dev.leeway.text;

import dev.leeway.LeewayException;
import java.nio.file.Path;
import java.util.List;
import tools.jackson.databind.JsonNode;

/**
 * What the native library takes for granted about a {@code tokenizer.json}: where one of these doesn't hold, it doesn't return an error, it
 * ends the process. Found by mutating files; sound files never get near.
 */
final class NativeDemands {

    private NativeDemands() {}

    /** The tokens that a template puts around a text must be among those it defines. */
    static void checkPostProcessor(Path file, JsonNode processor) {
        for (JsonNode nested : processor.path("processors")) {
            checkPostProcessor(file, nested);
        }
        for (String form : List.of("single", "pair")) {
            for (JsonNode piece : processor.path(form)) {
                JsonNode id = piece.path("SpecialToken").path("id");
                if (id.isString() && !processor.path("special_tokens").has(id.stringValue())) {
                    throw LeewayException.data("%s: the post_processor uses the token '%s', which its special_tokens don't define", file,
                            id.stringValue());
                }
            }
        }
    }

    /** Merges are cut by the prefix's length, whether or not a token has it; only WordPiece vocabularies are written with one. */
    static void checkPrefix(Path file, boolean mergesArePrefixed) {
        if (mergesArePrefixed) {
            throw LeewayException.data("%s: a continuing_subword_prefix is read for WordPiece models only", file);
        }
    }

    /** A decoder is an object that names its kind. */
    static void checkDecoder(Path file, JsonNode decoder) {
        if (!decoder.isNull() && !decoder.path("type").isString()) {
            throw LeewayException.data("%s: the decoder has no type", file);
        }
        for (JsonNode nested : decoder.path("decoders")) {
            checkDecoder(file, nested);
        }
    }
}
