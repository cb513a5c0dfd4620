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
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
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

    /** DuckDB is native code: a damaged file must end in a sentence here, not in the end of the process. */
    @Test
    void damagedFilesGiveTheirRowsOrASentence() throws SQLException, IOException {
        Path whole = folder.resolve("whole.parquet");
        write("SELECT 'row ' || i AS text, [i, i + 1] AS numbers FROM range(2000) t(i)", whole);
        byte[] bytes = Files.readAllBytes(whole);
        Path file = folder.resolve("damaged.parquet");
        var draws = new SplittableRandom(1);
        int refused = 0;
        for (int i = 0; i < 300; i++) {
            byte[] damaged = Arrays.copyOf(bytes, i % 3 == 0 ? draws.nextInt(4, bytes.length) : bytes.length);
            // Every other time where the description of the columns is, at the end.
            int from = i % 2 == 0 ? 4 : Math.max(4, damaged.length - 500);
            for (int flips = 0; i % 3 != 0 && flips < 4; flips++) {
                damaged[draws.nextInt(from, damaged.length)] ^= (byte) (1 << draws.nextInt(8));
            }
            Files.write(file, damaged);
            try (Stream<JsonRow> rows = JsonRows.open(file)) {
                rows.forEach(row -> assertEquals(file, row.file()));
            } catch (LeewayException refusal) {
                assertTrue(refusal.getMessage().startsWith(file.toString()), refusal.getMessage());
                refused++;
            }
        }
        assertTrue(refused >= 150, "a cut file has no footer, and flips in it are noticed; refused " + refused);
    }

    @Test
    void numbersThatJsonLacksAreRefusedWithTheirRow() throws SQLException {
        Path file = folder.resolve("rows.parquet");
        write("SELECT 'a' AS text, 'NaN'::DOUBLE AS score", file);
        try (Stream<JsonRow> rows = JsonRows.open(file)) {
            String message = assertThrows(LeewayException.class, rows::toList).getMessage();
            assertTrue(message.startsWith(file + ":1 "), message);
        }
    }

    private static void write(String query, Path file) throws SQLException {
        try (var connection = DriverManager.getConnection("jdbc:duckdb:"); var statement = connection.createStatement()) {
            statement.execute("COPY (" + query + ") TO '" + file + "' (FORMAT parquet)");
        }
    }
}
