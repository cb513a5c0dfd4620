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
 * Texts end with end-of-sequence, conversations as their template ends them. A sequence that is longer than the maximum is cut as {@link
 * Truncation} says; a row without a trained token is dropped. Both are counted, and more than one row in a hundred is truncated only when
 * asked for.
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
     * @param truncation      what is kept of sequences that are too long
     * @param promptArm       what is said beside the rows' own words, before the template; rows are numbered as they come
     */
    public record Options(Columns columns, int maxLength, boolean allowTruncation, Optional<ChatFormat> chat, boolean completionOnly,
            Truncation truncation, PromptArm promptArm) {

        /** A maximum length that no row reaches. */
        public static final int UNLIMITED = Integer.MAX_VALUE;

        public Options {
            if (maxLength < 2) {
                throw LeewayException.usage("max_length must be at least 2, a token and its successor; found %d", maxLength);
            }
        }

        /** With rows in their own words. */
        public Options(Columns columns, int maxLength, boolean allowTruncation, Optional<ChatFormat> chat, boolean completionOnly,
                Truncation truncation) {
            this(columns, maxLength, allowTruncation, chat, completionOnly, truncation, PromptArm.NONE);
        }

        /** With the start of sequences that are too long. */
        public Options(Columns columns, int maxLength, boolean allowTruncation, Optional<ChatFormat> chat, boolean completionOnly) {
            this(columns, maxLength, allowTruncation, chat, completionOnly, Truncation.KEEP_START);
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

        /** The same with all of a row trained, which is where it is not asked what of it was given. */
        public Options whole() {
            return new Options(columns, maxLength, allowTruncation, chat.map(format -> format.withTrained(TrainedTurns.ALL_TOKENS)), false,
                    truncation, promptArm);
        }

        /** The same with a way to read conversations. */
        public Options withChat(ChatFormat format) {
            return new Options(columns, maxLength, allowTruncation, Optional.of(format), completionOnly, truncation, promptArm);
        }

        /** The same with another end kept, or with shorter prompts. */
        public Options withTruncation(Truncation other) {
            return new Options(columns, maxLength, allowTruncation, chat, completionOnly, other, promptArm);
        }

        /** The same under another arm of a study. */
        public Options withPromptArm(PromptArm arm) {
            return new Options(columns, maxLength, allowTruncation, chat, completionOnly, truncation, arm);
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

    /**
     * Reads the same files for reward models, which judge a text or conversation as a whole: both need not begin alike, the mask covers all
     * of them, and {@code margin} may say by how much the better one is better.
     */
    public static RowSet<PreferenceExample> readRanked(List<Path> files, Tokenizer tokenizer, Options options) {
        return read(files, tokenizer, options.whole(), Purpose.RANKED);
    }

    /** Whether the first row of a file has the columns {@code chosen} and {@code rejected}. */
    public static boolean hasPairs(Path file, Columns columns) {
        try (Stream<JsonRow> rows = JsonRows.open(file)) {
            return rows.findFirst().filter(row -> row.has(JsonRow.CHOSEN, columns) && row.has(JsonRow.REJECTED, columns)).isPresent();
        }
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
        RowSet<Example> encoded = encode(rows, tokenizer, options, Purpose.SUPERVISED);
        return new Dataset(encoded.units(), encoded.report());
    }

    /** The same for preferences. */
    public static RowSet<PreferenceExample> encodePreferences(List<Preference> rows, Tokenizer tokenizer, Options options) {
        return encode(rows, tokenizer, options, Purpose.PREFERENCE);
    }

    /** The same for answers that are good or bad by themselves. */
    public static RowSet<LabelledExample> encodeLabelled(List<Labelled> rows, Tokenizer tokenizer, Options options) {
        return encode(rows, tokenizer, options, Purpose.LABELLED);
    }

    private static <U extends Unit> RowSet<U> encode(List<? extends Row> rows, Tokenizer tokenizer, Options options, Purpose<U> purpose) {
        List<U> units = new ArrayList<>();
        try (var encoder = new RowEncoder<>(tokenizer, options, purpose)) {
            for (int i = 0; i < rows.size(); i++) {
                encoder.take("row " + (i + 1), rows.get(i));
                drainIfFull(encoder, units);
            }
            return finished(encoder, units, "the list", options);
        }
    }

    /** Reads files for any purpose; else as {@link #read(List, Tokenizer, Options)}. */
    public static <U extends Unit> RowSet<U> read(List<Path> files, Tokenizer tokenizer, Options options, Purpose<U> purpose) {
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
