package dev.leeway.data;

import dev.leeway.LeewayException;
import dev.leeway.text.Tokenizer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Reads data files into memory as examples. The columns of a file's first row decide the format of the file, and they are TRL's:
 * <ul>
 * <li>{@code messages}, perhaps with {@code tools}: the assistant's turns are trained;
 * <li>{@code prompt} and {@code completion}, both text or both messages: the completion is trained;
 * <li>{@code text}: everything is trained;
 * <li>{@code chosen} and {@code rejected}, perhaps with {@code prompt}: for preference training;
 * <li>{@code prompt}, {@code completion} and {@code label}: for KTO.
 * </ul>
 * Texts end with end-of-sequence, conversations as their template ends them. A sequence that is longer than the maximum keeps its start; a
 * row without a trained token is dropped. Both are counted, and more than one row in a hundred is truncated only when asked for.
 */
public final class DatasetReader {

    /**
     * How to read.
     *
     * @param columns         which column is which part
     * @param maxLength       tokens that a sequence may have, at least 2; {@link #UNLIMITED} for any number
     * @param allowTruncation whether more than one row in a hundred may be cut
     * @param chat            how conversations become text; without it they are refused
     * @param completionOnly  whether only the completion of a row with prompt and completion is trained; otherwise all of its text is, and
     *                        of a conversation what would be trained if it came as {@code messages}
     */
    public record Options(Columns columns, int maxLength, boolean allowTruncation, Optional<ChatFormat> chat, boolean completionOnly) {

        /** A maximum length that no row reaches. */
        public static final int UNLIMITED = Integer.MAX_VALUE;

        public Options {
            if (maxLength < 2) {
                throw LeewayException.usage("max_length must be at least 2, a token and its successor; found %d", maxLength);
            }
        }

        /** With completions trained alone. */
        public Options(Columns columns, int maxLength, boolean allowTruncation, Optional<ChatFormat> chat) {
            this(columns, maxLength, allowTruncation, chat, true);
        }

        /** For rows of text. */
        public Options(Columns columns, int maxLength, boolean allowTruncation) {
            this(columns, maxLength, allowTruncation, Optional.empty(), true);
        }

        /** Columns by their own names, rows of any length. */
        public static Options unlimited() {
            return new Options(Columns.AS_NAMED, UNLIMITED, false);
        }

        /** The same with a way to read conversations. */
        public Options withChat(ChatFormat format) {
            return new Options(columns, maxLength, allowTruncation, Optional.of(format), completionOnly);
        }
    }

    private DatasetReader() {}

    /**
     * Reads files one after the other for supervised training.
     *
     * @param files {@code .jsonl}, or {@code .json} with one array, either of them perhaps compressed with gzip, or {@code .parquet};
     *              at least one
     * @throws LeewayException if a file or row is not as it should be, if too many rows would be truncated, or if no example is left
     */
    public static Dataset read(List<Path> files, Tokenizer tokenizer, Options options) {
        RowSet<Example> rows = read(files, tokenizer, options, Purpose.SUPERVISED);
        return new Dataset(rows.units(), rows.report());
    }

    /** Reads files of {@code chosen} and {@code rejected}, with or without {@code prompt}; else as {@link #read}. */
    public static RowSet<PreferenceExample> readPreferences(List<Path> files, Tokenizer tokenizer, Options options) {
        return read(files, tokenizer, options, Purpose.PREFERENCE);
    }

    /** Reads files of {@code prompt}, {@code completion} and {@code label}; else as {@link #read}. */
    public static RowSet<LabelledExample> readLabelled(List<Path> files, Tokenizer tokenizer, Options options) {
        return read(files, tokenizer, options, Purpose.LABELLED);
    }

    /**
     * Encodes rows that are in memory already, as if they had been read from a file.
     *
     * @throws LeewayException if too many rows would be truncated, or if no example is left
     */
    public static Dataset encode(List<? extends Exchange> rows, Tokenizer tokenizer, Options options) {
        List<Example> examples = new ArrayList<>();
        try (var encoder = new RowEncoder<>(tokenizer, options, Purpose.SUPERVISED)) {
            for (int i = 0; i < rows.size(); i++) {
                encoder.take("row " + (i + 1), rows.get(i));
                drainIfFull(encoder, examples);
            }
            RowSet<Example> encoded = finished(encoder, examples, "the list", options);
            return new Dataset(encoded.units(), encoded.report());
        }
    }

    static <U extends Unit> RowSet<U> read(List<Path> files, Tokenizer tokenizer, Options options, Purpose<U> purpose) {
        List<U> units = new ArrayList<>();
        try (var encoder = new RowEncoder<>(tokenizer, options, purpose)) {
            readInto(units, files, encoder);
            return finished(encoder, units, files.stream().map(Path::toString).collect(Collectors.joining(", ")), options);
        }
    }

    private static <U extends Unit> void readInto(List<U> units, List<Path> files, RowEncoder<U> encoder) {
        for (Path file : files) {
            try (Stream<JsonRow> rows = JsonRows.open(file)) {
                rows.forEachOrdered(row -> {
                    encoder.take(row);
                    drainIfFull(encoder, units);
                });
            }
        }
    }

    private static <U extends Unit> void drainIfFull(RowEncoder<U> encoder, List<U> units) {
        if (encoder.isFull()) {
            units.addAll(encoder.drain());
        }
    }

    private static <U extends Unit> RowSet<U> finished(RowEncoder<U> encoder, List<U> units, String files, Options options) {
        units.addAll(encoder.drain());
        encoder.tally().checkTruncation(options);
        encoder.tally().checkLeft(files, options);
        return new RowSet<>(units, encoder.tally().report());
    }
}
