package dev.leeway.io;

import static dev.leeway.io.Failures.assertRefused;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class JsonFileTest {

    @TempDir
    private Path directory;

    private static JsonObject json(String text) {
        return JsonFile.parse("c.json", text);
    }

    @Test
    void valuesAreReadByKind() {
        var json = json("""
                {"i": 3, "l": 5000000000, "d": 1e-05, "s": "x", "b": true, "n": null, "o": {"k": [1, 2]}, "e": ["a"], "m": [0.5, 1]}""");
        assertEquals(3, json.requireInt("i"));
        assertEquals(OptionalInt.of(3), json.optionalInt("i"));
        assertEquals(5000000000L, json.requireLong("l"));
        assertEquals(1e-5, json.requireDouble("d"));
        assertEquals(3.0, json.requireDouble("i"));
        assertEquals("x", json.requireString("s"));
        assertTrue(json.requireBoolean("b"));
        assertFalse(json.has("n"));
        assertTrue(json.optionalDouble("n").isEmpty() && json.optionalLong("absent").isEmpty());
        assertEquals(List.of(1, 2), json.requireObject("o").requireInts("k"));
        assertEquals(List.of("a"), json.requireStrings("e"));
        assertEquals(List.of(0.5, 1.0), json.requireDoubles("m"));
        assertEquals(List.of("i", "l", "d", "s", "b", "n", "o", "e", "m"), List.copyOf(json.names()));
    }

    @Test
    void wrongKindsNameFileKeyPathExpectedAndFound() {
        var json = json("{\"a\": {\"b\": [1, \"2\"], \"n\": null}, \"x\": 1.5, \"s\": \"8\", \"big\": 3000000000, \"huge\": 1e999}");
        assertRefused(() -> json.requireObject("a").requireInts("b"), "c.json: a.b[1] must be a 32-bit integer, found \"2\"");
        assertRefused(() -> json.requireObject("a").requireInt("n"), "c.json: a.n must be an integer, found null");
        assertRefused(() -> json.requireInt("x"), "x must be a 32-bit integer, found 1.5");
        assertRefused(() -> json.requireInt("big"), "must be a 32-bit integer, found 3000000000");
        assertRefused(() -> json.requireDouble("s"), "s must be a number, found \"8\"");
        assertRefused(() -> json.requireDouble("huge"), "huge must be a number");
        assertRefused(() -> json.optionalString("a"), "a must be a string, found an object");
        assertRefused(() -> json.requireObject("s"), "s must be an object, found \"8\"");
        assertRefused(() -> json.requireBoolean("x"), "x must be true or false");
        assertRefused(() -> json.optionalStrings("x"), "x must be a list of strings, found 1.5");
    }

    @Test
    void aMissingKeyIsAnsweredWithTheNearest() {
        assertRefused(() -> json("{\"hidden_sise\": 4}").requireInt("hidden_size"),
                "c.json: hidden_size is missing, an integer is expected; did you mean \"hidden_sise\"?");
    }

    @Test
    void malformedJsonIsReportedWithLineAndColumn() {
        assertRefused(() -> json("{\n  \"a\": tru\n}"), "c.json:2:", "malformed JSON");
        assertRefused(() -> json("{\"a\": 1, \"a\": 2}"), "c.json:1:", "Duplicate");
        assertRefused(() -> json("{} {}"), "c.json:1:");
        assertRefused(() -> json(""), "c.json");
        assertRefused(() -> json("[1]"), "c.json must hold a JSON object, found a list");
        assertRefused(() -> json("{\"a\": NaN}"), "c.json:1:");
        assertRefused(() -> json("{\"a\":" + "[".repeat(200_000)), "c.json: malformed JSON", "nesting depth");
    }

    @Test
    void filesThatAreNotUtf8OrNotThereAreRefused() throws IOException {
        var path = Files.write(directory.resolve("c.json"), new byte[] {'{', '"', (byte) 0xff, '"', ':', '1', '}'});
        assertRefused(() -> JsonFile.read(path), path + " is not valid UTF-8 at byte 2");
        assertRefused(() -> JsonFile.read(directory.resolve("d.json")), "d.json does not exist");
        assertRefused(() -> JsonFile.read(directory), directory.toString(), "can't be read");
    }

    @Test
    void writtenJsonIsIndentedInOrderAndReadBack() throws IOException {
        var node = JsonFile.newObject().put("b", 1).put("a", 1e-5);
        node.putObject("o").putArray("l").add("x").add("y");
        node.putArray("e");
        node.putObject("m");
        var path = directory.resolve("new/folder/c.json");
        JsonFile.write(path, node);
        assertEquals("""
                {
                  "b": 1,
                  "a": 1.0E-5,
                  "o": {
                    "l": [
                      "x",
                      "y"
                    ]
                  },
                  "e": [],
                  "m": {}
                }
                """, Files.readString(path));
        assertEquals(node, JsonFile.read(path).node());
    }
}
