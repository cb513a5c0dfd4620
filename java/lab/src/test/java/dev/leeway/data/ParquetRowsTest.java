package dev.leeway.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.LeewayException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ParquetRowsTest {

    @TempDir
    Path folder;

    @Test
    void nestedColumnsComeAsTheyDoInJson() throws SQLException {
        Path file = folder.resolve("rows [1].parquet");
        write("SELECT * FROM (VALUES ([{'role': 'user', 'content': 'Ana \"é\"'}, {'role': 'assistant', 'content': 'cat'}], 1, NULL),"
                + " ([{'role': 'user', 'content': 'b'}], 2, 'x')) t(messages, n, tools)", file);
        try (Stream<JsonRow> rows = JsonRows.open(file)) {
            List<JsonRow> all = rows.toList();
            assertEquals(List.of(file + ":1", file + ":2"), all.stream().map(JsonRow::place).toList());
            assertEquals("{\"messages\":[{\"role\":\"user\",\"content\":\"Ana \\\"é\\\"\"},{\"role\":\"assistant\",\"content\":\"cat\"}],"
                    + "\"n\":1,\"tools\":null}", all.getFirst().fields().toString());
            Conversation first = (Conversation) RowReader.read(all.getFirst(), RowFormat.MESSAGES, Columns.AS_NAMED);
            assertEquals("Ana \"é\"", first.messages().getFirst().get("content"));
            assertEquals(List.of(), first.tools());
        }
    }

    @Test
    void aFileOfManyRowsKeepsTheirOrder() throws SQLException {
        Path file = folder.resolve("rows.parquet");
        write("SELECT 'row ' || i AS text FROM range(300000) t(i)", file);
        try (Stream<JsonRow> rows = JsonRows.open(file)) {
            assertEquals(300000, rows.filter(row -> row.text("text", Columns.AS_NAMED).equals("row " + (row.line() - 1))).count());
        }
    }

    @Test
    void aTornFileIsNamed() throws IOException {
        Path file = Files.writeString(folder.resolve("torn.parquet"), "PAR1 and no more");
        String message = assertThrows(LeewayException.class, () -> JsonRows.open(file)).getMessage();
        assertTrue(message.startsWith(file + " cannot be read as parquet: "), message);
    }

    private static void write(String query, Path file) throws SQLException {
        try (var connection = DriverManager.getConnection("jdbc:duckdb:"); var statement = connection.createStatement()) {
            statement.execute("COPY (" + query + ") TO '" + file + "' (FORMAT parquet)");
        }
    }
}
