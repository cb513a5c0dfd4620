package dev.leeway.io;

import static dev.leeway.io.Quote.quote;

import dev.leeway.LeewayException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.util.DefaultIndenter;
import tools.jackson.core.util.DefaultPrettyPrinter;
import tools.jackson.core.util.Separators;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectWriter;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * Strict JSON in, tidy JSON out. Reading refuses what is not UTF-8, keys that occur twice, and anything behind the value. Writing keeps
 * the order of keys, indents by two spaces as Python's {@code json.dump(indent=2)} does, ends with a newline, and replaces the file
 * as a whole ({@link AtomicFile}).
 */
public final class JsonFile {

    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();
    private static final ObjectWriter PRETTY = JSON.writer().with(prettyPrinter());

    private JsonFile() {
    }

    private static DefaultPrettyPrinter prettyPrinter() {
        var lines = new DefaultIndenter("  ", "\n");
        return new DefaultPrettyPrinter(Separators.createDefaultInstance()
                .withObjectNameValueSpacing(Separators.Spacing.AFTER)
                .withObjectEmptySeparator("")
                .withArrayEmptySeparator(""))
                .withObjectIndenter(lines)
                .withArrayIndenter(lines);
    }

    /** Reads {@code file}, which must hold one object. Malformed JSON is reported as {@code file:line:column}. */
    public static JsonObject read(Path file) {
        try {
            var bytes = Files.readAllBytes(file);
            StrictUtf8.require(file.toString(), bytes);
            return parse(file.toString(), new String(bytes, StandardCharsets.UTF_8));
        } catch (NoSuchFileException missing) {
            throw LeewayException.data(missing, "%s does not exist", file);
        } catch (IOException | OutOfMemoryError unreadable) {
            throw LeewayException.data(unreadable, "%s can't be read: %s", file, unreadable.getMessage());
        }
    }

    /** Parses one object; {@code where} (a file, or a file and line) begins every sentence about it. */
    public static JsonObject parse(String where, String text) {
        try {
            var node = JSON.readTree(text);
            if (node instanceof ObjectNode object) {
                return new JsonObject(where, "", object);
            }
            throw LeewayException.data("%s must hold a JSON object, found %s", where, JsonObject.show(node));
        } catch (JacksonException malformed) {
            var at = malformed.getLocation();
            throw LeewayException.data(malformed, "%s:%s malformed JSON: %s", where,
                    at == null ? "" : at.getLineNr() + ":" + at.getColumnNr() + ":", quote(String.valueOf(malformed.getOriginalMessage())));
        }
    }

    /** An empty object to fill and {@link #write}. */
    public static ObjectNode newObject() {
        return JsonNodeFactory.instance.objectNode();
    }

    /** The text that {@link #write} puts into a file. */
    public static String pretty(JsonNode node) {
        return PRETTY.writeValueAsString(node) + "\n";
    }

    /** Replaces {@code file} by the pretty form of {@code node}. */
    public static void write(Path file, JsonNode node) {
        AtomicFile.write(file, pretty(node).getBytes(StandardCharsets.UTF_8));
    }
}
