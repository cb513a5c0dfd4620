package dev.leeway.eval;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.leeway.LeewayException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CsvTest {

    @TempDir
    private Path folder;

    private Path file(String text) throws IOException {
        return Files.writeString(folder.resolve("rows.csv"), text);
    }

    private List<List<String>> fields(String text) throws IOException {
        return Csv.lines(file(text)).stream().map(Csv.Line::fields).toList();
    }

    @Test
    void fieldsInQuotesHaveCommasQuotesAndLines() throws IOException {
        assertEquals(List.of(List.of("a", "b, \"c\"", "d\ne"), List.of("", "x\"y", "")), fields("a,\"b, \"\"c\"\"\",\"d\ne\"\r\n,x\"y,"));
        assertEquals(List.of(List.of("", "")), fields("\"\",\n"));
        assertEquals(List.of(List.of("carriage\rreturn", "é")), fields("carriage\rreturn,é"));
        assertEquals(List.of(List.of("a"), List.of("b")), fields("\n\na\r\n\r\nb\n\n"));
        assertEquals(List.of(), fields(""));
    }

    @Test
    void placesAreWhereRowsBegin() throws IOException {
        var rows = Csv.records(file("\uFEFFid,text\n1,\"two\nlines\"\n\n2,one\n"));
        var path = folder.resolve("rows.csv");
        assertEquals(List.of(new Csv.Record(path + ":2", Map.of("id", "1", "text", "two\nlines")),
            new Csv.Record(path + ":5", Map.of("id", "2", "text", "one"))), rows);
        assertEquals("one", rows.getLast().text("text"));
        assertEquals(2, rows.getLast().number("id"));
    }

    @Test
    void otherSeparatorsSeparate() throws IOException {
        assertEquals("a,b", Csv.records(file("x\ty\na,b\tc"), '\t').getFirst().text("x"));
    }

    @Test
    void badRowsAreRefusedWithTheirPlace() throws IOException {
        assertRefused("x,y\n1,2\n1,2,3\n", "PATH:3 has 3 fields, and the first row names 2 columns: x, y");
        assertRefused("x,y\n1,\"2\n3\n", "PATH:2 has a quote that is never closed; close it before the end of the file");
        assertRefused("x,y\n\"1\n\"a,2", "PATH:2 has text behind a closing quote (line 3); double the quotes that a field has inside");
        assertRefused("x,x\n1,2", "PATH:1 has a column's name twice: x, x");
        assertRefused("\n", "PATH has no rows; expected the columns' names in the first");
        Files.write(folder.resolve("rows.csv"), "é".getBytes(StandardCharsets.ISO_8859_1));
        var refused = assertThrows(LeewayException.class, () -> Csv.lines(folder.resolve("rows.csv")));
        assertEquals(folder.resolve("rows.csv") + " is not UTF-8 text; convert it", refused.getMessage());
    }

    @Test
    void columnsThatAreNotThereAndNumbersThatAreNoneAreRefused() throws IOException {
        var row = Csv.records(file("x,y\n1,none")).getFirst();
        assertEquals(row.place() + " has no column 'z'; it has: x, y",
            assertThrows(LeewayException.class, () -> row.text("z")).getMessage());
        assertEquals(row.place() + ": 'y' must be a number, found 'none'",
            assertThrows(LeewayException.class, () -> row.number("y")).getMessage());
    }

    private void assertRefused(String text, String sentence) throws IOException {
        var path = file(text);
        var refused = assertThrows(LeewayException.class, () -> Csv.records(path));
        assertEquals(sentence.replace("PATH", path.toString()), refused.getMessage());
    }
}
