package dev.leeway.text;

import dev.leeway.LeewayException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import tools.jackson.databind.JsonNode;

/**
 * What the native library takes for granted about a {@code tokenizer.json}: where one of these doesn't hold, it doesn't return an error, it
 * ends the process. Found by mutating files; sound files never get near.
 */
final class NativeDemands {

    private NativeDemands() {}

    /** The tokens that a template puts around a text must be among those it defines, and around one text it can't put another. */
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
                if (form.equals("single") && "B".equals(piece.path("Sequence").path("id").asString(""))) {
                    throw LeewayException.data("%s: the post_processor's form for a single text asks for a second one", file);
                }
            }
        }
    }

    /** A table of replacements is a number of bytes, so many bytes, and UTF-8 text. */
    static void checkNormalizer(Path file, JsonNode normalizer) {
        for (JsonNode nested : normalizer.path("normalizers")) {
            checkNormalizer(file, nested);
        }
        if (!"Precompiled".equals(normalizer.path("type").asString(""))) {
            return;
        }
        try {
            ByteBuffer table = ByteBuffer.wrap(Base64.getDecoder().decode(normalizer.path("precompiled_charsmap").asString("")))
                    .order(ByteOrder.LITTLE_ENDIAN);
            long words = Integer.toUnsignedLong(table.getInt()) / Integer.BYTES;
            table.position(Math.toIntExact(table.position() + words * Integer.BYTES));
            StandardCharsets.UTF_8.newDecoder().decode(table);
        } catch (IllegalArgumentException | ArithmeticException | BufferUnderflowException | CharacterCodingException e) {
            throw LeewayException.data(e, "%s: the normalizer's precompiled_charsmap is damaged; fetch the file again", file);
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
