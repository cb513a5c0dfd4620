package dev.leeway.data;

import dev.leeway.LeewayException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Properties;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import tools.jackson.databind.node.ObjectNode;

/**
 * The rows of a parquet file, read by DuckDB where it is on the class path: each comes as one JSON object, nested columns included. DuckDB
 * runs inside this process, reads only this file, and is kept from fetching extensions from the network.
 */
final class ParquetRows implements Iterator<JsonRow> {

    private static final String DATABASE = "jdbc:duckdb:";

    private final Path file;
    private final ResultSet results;
    private long row;
    private boolean ahead;

    private ParquetRows(Path file, ResultSet results) {
        this.file = file;
        this.results = results;
    }

    /** The rows as a stream to be closed; a row's line is its number in the file, from 1. */
    static Stream<JsonRow> open(Path file) {
        Connection connection = connect(file);
        try {
            var query = connection.prepareStatement("SELECT to_json(r)::VARCHAR FROM read_parquet(?) r");
            query.setString(1, literal(file));
            Iterator<JsonRow> rows = new ParquetRows(file, query.executeQuery());
            return StreamSupport.stream(Spliterators.spliteratorUnknownSize(rows, Spliterator.ORDERED | Spliterator.NONNULL), false)
                    .onClose(() -> close(connection, file));
        } catch (SQLException e) {
            close(connection, file);
            throw unreadable(file, e);
        }
    }

    /** DuckDB takes a file's name for a glob; a class of one character stands for that character. */
    private static String literal(Path file) {
        return file.toAbsolutePath().toString().replaceAll("[\\[*?]", "[$0]");
    }

    private static Connection connect(Path file) {
        Properties settings = new Properties();
        settings.setProperty("autoinstall_known_extensions", "false");
        settings.setProperty("autoload_known_extensions", "false");
        settings.setProperty("jdbc_stream_results", "true"); // else the whole table is held
        try {
            return DriverManager.getConnection(DATABASE, settings);
        } catch (SQLException e) {
            if (DriverManager.drivers().noneMatch(driver -> driver.getClass().getName().contains("duckdb"))) {
                throw LeewayException.resources(e, "%s is a parquet file, which DuckDB reads, and DuckDB is not on the class path; add the"
                        + " jar of org.duckdb:duckdb_jdbc to it (for ./leeway: set LEEWAY_CLASS_PATH to the jar), or convert the file to"
                        + " .jsonl", file);
            }
            throw LeewayException.resources(e, "DuckDB, which reads %s, could not be started: %s", file, e.getMessage());
        }
    }

    @Override
    public boolean hasNext() {
        try {
            ahead = ahead || results.next();
            return ahead;
        } catch (SQLException e) {
            throw unreadable(file, e);
        }
    }

    @Override
    public JsonRow next() {
        if (!hasNext()) {
            throw new NoSuchElementException();
        }
        ahead = false;
        row++;
        try {
            return new JsonRow(file, row, (ObjectNode) JsonRows.value(file, row, results.getString(1)));
        } catch (SQLException e) {
            throw unreadable(file, e);
        }
    }

    private static LeewayException unreadable(Path file, SQLException e) {
        String reason = e.getMessage().lines().findFirst().orElse("no reason given");
        return LeewayException.data(e, "%s cannot be read as parquet: %s", file, reason);
    }

    private static void close(Connection connection, Path file) {
        try {
            connection.close();
        } catch (SQLException e) {
            throw unreadable(file, e);
        }
    }
}
