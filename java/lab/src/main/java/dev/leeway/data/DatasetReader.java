package dev.leeway.data;

import dev.leeway.LeewayException;
import dev.leeway.data.ExampleEncoder.Encoded;
import dev.leeway.data.Report.Count;
import dev.leeway.text.Tokenizer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Reads data files into examples. The columns of the first row decide the format for all of them: {@code prompt} and {@code completion}
 * train the completion, {@code text} trains everything; both end with end-of-sequence. A row that is longer than the maximum keeps its
 * start; a row without a trained token is dropped. Both are counted, and more than one row in a hundred is truncated only when asked for.
 */
public final class DatasetReader {

    private static final int ROWS_AT_ONCE = 1024;

    /** One truncated row in so many is accepted unasked. */
    private static final int TRUNCATED_ONE_IN = 100;

    /**
     * How to read.
     *
     * @param columns         which column is which part
     * @param maxLength       tokens that a row may have, at least 2; {@link #UNLIMITED} for any number
     * @param allowTruncation whether more than one row in a hundred may be cut
     */
    public record Options(Columns columns, int maxLength, boolean allowTruncation) {

        /** A maximum length that no row reaches. */
        public static final int UNLIMITED = Integer.MAX_VALUE;

        public Options {
            if (maxLength < 2) {
                throw LeewayException.usage("max_length must be at least 2, a token and its successor; found %d", maxLength);
            }
        }

        /** Columns by their own names, rows of any length. */
        public static Options unlimited() {
            return new Options(Columns.AS_NAMED, UNLIMITED, false);
        }
    }

    /** A row and where it is from, for messages. */
    private record PlacedRow(String place, PromptCompletion row) {}

    private final Options options;
    private final ExampleEncoder encoder;
    private Optional<RowFormat> format = Optional.empty();
    private final List<PlacedRow> waiting = new ArrayList<>();
    private final List<Example> examples = new ArrayList<>();
    private long rows;
    private long longest;
    private String longestPlace = "";
    private Count truncated = Count.NONE;
    private Count dropped = Count.NONE;
    private Count merged = Count.NONE;

    private DatasetReader(Tokenizer tokenizer, Options options) {
        this.encoder = new ExampleEncoder(tokenizer);
        this.options = options;
    }

    /**
     * Reads the files one after the other.
     *
     * @param files {@code .jsonl}, or {@code .json} with one array; at least one
     * @throws LeewayException if a file or row is not as it should be, if too many rows would be truncated, or if no example is left
     */
    public static Dataset read(List<Path> files, Tokenizer tokenizer, Options options) {
        var reader = new DatasetReader(tokenizer, options);
        for (Path file : files) {
            try (Stream<JsonRow> rows = JsonRows.open(file)) {
                rows.forEachOrdered(reader::take);
            }
        }
        return reader.finished(files.stream().map(Path::toString).collect(Collectors.joining(", ")));
    }

    /**
     * Encodes rows that are in memory already, as if they had been read from a file.
     *
     * @throws LeewayException if too many rows would be truncated, or if no example is left
     */
    public static Dataset encode(List<PromptCompletion> rows, Tokenizer tokenizer, Options options) {
        var reader = new DatasetReader(tokenizer, options);
        for (int i = 0; i < rows.size(); i++) {
            reader.take("row " + i, rows.get(i));
        }
        return reader.finished("the list");
    }

    private void take(JsonRow row) {
        if (format.isEmpty()) {
            format = Optional.of(RowFormat.of(row, options.columns()));
        }
        take(row.place(), format.get().read(row, options.columns()));
    }

    private void take(String place, PromptCompletion row) {
        waiting.add(new PlacedRow(place, row));
        if (waiting.size() == ROWS_AT_ONCE) {
            encodeWaiting();
        }
    }

    private void encodeWaiting() {
        List<Encoded> encoded = encoder.encode(waiting.stream().map(PlacedRow::row).toList());
        for (int i = 0; i < encoded.size(); i++) {
            add(waiting.get(i).place(), encoded.get(i));
        }
        waiting.clear();
    }

    private void add(String place, Encoded encoded) {
        long unitId = rows++;
        int length = encoded.ids().length;
        if (length > longest) {
            longest = length;
            longestPlace = place;
        }
        if (encoded.merged()) {
            merged = merged.plus(place);
        }
        int kept = Math.min(length, options.maxLength());
        if (kept < length) {
            truncated = truncated.plus(place);
        }
        int trainedFrom = Math.max(1, encoded.trainedFrom());
        if (trainedFrom < kept) {
            boolean[] mask = new boolean[kept];
            Arrays.fill(mask, trainedFrom, kept, true);
            examples.add(new Example(Arrays.copyOf(encoded.ids(), kept), mask, unitId));
        } else {
            dropped = dropped.plus(place);
        }
    }

    private Dataset finished(String files) {
        encodeWaiting();
        if (rows == 0) {
            throw LeewayException.data("%s has no rows", files);
        }
        if (truncated.rows() * TRUNCATED_ONE_IN > rows && !options.allowTruncation()) {
            throw LeewayException.usage("%,d of %,d rows (%.1f %%) are longer than max_length %d, the longest with %,d tokens at %s;"
                            + " raise --max_length, or add --allow_truncation to keep only their first %d tokens",
                    truncated.rows(), rows, 100.0 * truncated.rows() / rows, options.maxLength(), longest, longestPlace,
                    options.maxLength());
        }
        if (examples.isEmpty()) {
            throw LeewayException.data("no row of %s has a token left to train on: of %,d rows %,d were cut to %d tokens;"
                    + " raise --max_length", files, rows, truncated.rows(), options.maxLength());
        }
        long tokens = examples.stream().mapToLong(Example::length).sum();
        long trained = examples.stream().mapToLong(Example::trainedTokens).sum();
        return new Dataset(examples, new Report(rows, tokens, trained, truncated, dropped, merged));
    }
}
