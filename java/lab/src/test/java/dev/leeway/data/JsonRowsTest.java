package dev.leeway.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.LeewayException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class JsonRowsTest {

    @TempDir
    Path folder;

    @Test
    void linesBecomeRowsWithTheirNumbers() throws IOException {
        Path file = write("\uFEFF{\"text\": \"é 😀\"}\r\n\n  \n{\"text\": \"b\", \"n\": 1}");
        List<JsonRow> rows = rows(file);
        assertEquals(List.of(1L, 4L), rows.stream().map(JsonRow::line).toList());
        assertEquals("é 😀", rows.getFirst().text("text", Columns.AS_NAMED));
        assertEquals(file + ":4", rows.getLast().place());
        assertEquals("text, n", rows.getLast().columnNames());
    }

    @Test
    void anArrayBecomesRowsWithTheLinesTheyStartOn() throws IOException {
        List<JsonRow> rows = rows(write("\n [\n{\"text\": \"a\"},\n\n{\"text\":\n\"b\"}\n]\n"));
        assertEquals(List.of(3L, 5L), rows.stream().map(JsonRow::line).toList());
        assertEquals("b", rows.getLast().text("text", Columns.AS_NAMED));
        assertEquals(List.of(), rows(write("[]")));
    }

    @Test
    void aBadRowEndsTheReadingWithItsPlace() throws IOException {
        assertRefused("{\"a\": 1}\n{\"a\": }\n", ":2 is not valid JSON: Unexpected character");
        assertRefused("{\"a\": 1}\n{\"a\": 1\n", ":2 is not valid JSON: it ends inside a value; give each row a line of its own");
        assertRefused("{\"a\": 1} {\"a\": 2}\n", ":1 is not valid JSON: the row goes on after its value; give each row a line of its own");
        assertRefused("{\"a\": 1, \"a\": 2}\n", ":1 is not valid JSON: Duplicate");
        assertRefused("\n17\n", ":2 holds number; expected a JSON object");
        assertRefused("[{\"a\": 1},\n[2]]", ":2 holds array; expected a JSON object");
        assertRefused("[{\"a\": 1}]\n{}", ":2 goes on after the array");
        assertRefused("{\"a\": ".repeat(2000), ":1 is not valid JSON: ");
    }

    @Test
    void anArrayThatWasCutOffIsRefusedWithTheNumberOfItsWholeRows() throws IOException {
        for (String rest : List.of("", ",", ",{", ",{\"a\"", ",{\"a\": \"x", ",{\"a\": \"x\\", ",{\"a\": [1", ",{\"a\": 12")) {
            assertRefused("[{\"a\": 1},\n{\"a\": 2}" + rest,
                    ":2 ends inside its JSON array, after 2 whole rows; expected ']' at the end: the file was cut off,"
            + " so fetch or write it again");
        }
        assertRefused("[{\"a\": 1},\n{\"a\": 2},\n", ":3 ends inside its JSON array, after 2 whole rows");
        assertRefused("[", ":1 ends inside its JSON array, after 0 whole rows");
    }

    @Test
    void wordsThatAreNoValuesAreRefused() throws IOException {
        assertRefused("[{\"a\": tr", ":1 is not valid JSON: Unrecognized token 'tr'");
    }

    @Test
    void bytesThatAreNotUtf8AreRefusedWithTheirLine() throws IOException {
        for (byte[] bad : List.of(new byte[] {(byte) 0xC3}, new byte[] {(byte) 0xED, (byte) 0xA0, (byte) 0x80}, new byte[] {(byte) 0xC0,
            (byte) 0x80})) {
            Path lines = writeBytes("{\"a\": \"x\"}\n{\"a\": \"", bad, "\"}\n");
            assertMessage(lines, ":2 is not UTF-8 text; convert the file to UTF-8");
            Path array = writeBytes("[{\"a\": \"", bad, "\"}]");
            assertMessage(array, " is not UTF-8 text (line 1 or later); convert the file to UTF-8");
        }
    }

    @Test
    void aMissingFileIsNamed() {
        Path file = folder.resolve("none.jsonl");
        assertEquals("there is no data file " + file, assertThrows(LeewayException.class, () -> rows(file)).getMessage());
        assertThrows(LeewayException.class, () -> rows(folder));
    }

    @Test
    void rowsAreReadOneByOne() throws IOException {
        try (Stream<JsonRow> rows = JsonRows.open(write("{\"a\": 1}\nbroken"))) {
            assertEquals(1, rows.iterator().next().line());
        }
    }

    private void assertRefused(String text, String message) throws IOException {
        assertMessage(write(text), message);
    }

    private void assertMessage(Path file, String message) {
        var refused = assertThrows(LeewayException.class, () -> rows(file));
        assertTrue(refused.getMessage().startsWith(file + message), refused.getMessage());
        assertEquals(1, refused.getMessage().lines().count());
        assertEquals(LeewayException.Kind.DATA, refused.kind());
    }

    private static List<JsonRow> rows(Path file) {
        try (Stream<JsonRow> rows = JsonRows.open(file)) {
            return rows.toList();
        }
    }

    private Path write(String text) throws IOException {
        return Files.writeString(folder.resolve("data.jsonl"), text);
    }

    private Path writeBytes(String before, byte[] bytes, String after) throws IOException {
        Path file = Files.writeString(folder.resolve("data.jsonl"), before);
        Files.write(file, bytes, StandardOpenOption.APPEND);
        return Files.write(file, after.getBytes(StandardCharsets.UTF_8), StandardOpenOption.APPEND);
    }
}
