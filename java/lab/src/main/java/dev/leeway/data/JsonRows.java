package dev.leeway.data;

import dev.leeway.LeewayException;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Iterator;
import java.util.Locale;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import java.util.zip.GZIPInputStream;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.exc.UnexpectedEndOfInputException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.exc.MismatchedInputException;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * The rows of a data file, one after the other: JSON lines, or one JSON array of objects (told apart by the first character). Strict: the
 * text is UTF-8, every row is an object, no column occurs twice in a row; the first row that breaks this ends the reading with its place.
 * Blank lines between rows are passed over, and so is a byte order mark. A file compressed with gzip is known by its
 * first bytes, and so is a parquet file; see {@link ParquetRows}.
 */
public final class JsonRows {

    private static final JsonMapper STRICT = JsonMapper.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).build();
    private static final int BUFFER = 1 << 16;
    /** A row is held as bytes, as text and as values; one line this long needs some 2 GB of heap. */
    private static final int LONGEST_LINE = 1 << 28;
    private static final byte[] PARQUET = {'P', 'A', 'R', '1'};
    private static final byte[] GZIP = {0x1F, (byte) 0x8B};
    private static final byte[] BYTE_ORDER_MARK = {(byte) 0xEF, (byte) 0xBB, (byte) 0xBF};

    private JsonRows() {}

    /**
     * Opens a file. The stream reads as it goes, so a file of any size needs the memory of a row; close it.
     *
     * @throws LeewayException if there is no such file; from the stream: if a row is not as it should be
     */
    public static Stream<JsonRow> open(Path file) {
        InputStream in = null;
        try {
            in = new BufferedInputStream(Files.newInputStream(file), BUFFER);
            if (startsWith(PARQUET, in)) {
                in.close();
                return ParquetRows.open(file);
            }
            if (startsWith(GZIP, in)) {
                in = new BufferedInputStream(new GZIPInputStream(in, BUFFER), BUFFER);
            }
            skipByteOrderMark(in);
            InputStream opened = in;
            Iterator<JsonRow> rows = startsArray(in) ? new ArrayRows(file, in) : new LineRows(file, in);
            return StreamSupport.stream(Spliterators.spliteratorUnknownSize(rows, Spliterator.ORDERED | Spliterator.NONNULL), false)
                    .onClose(() -> close(opened));
        } catch (NoSuchFileException e) {
            throw LeewayException.data(e, "there is no data file %s", file);
        } catch (IOException e) {
            if (in != null) {
                close(in);
            }
            throw LeewayException.data(e, "%s cannot be read: %s", file, e.getMessage());
        }
    }

    private static boolean startsWith(byte[] mark, InputStream in) throws IOException {
        in.mark(mark.length);
        boolean found = Arrays.equals(in.readNBytes(mark.length), mark);
        in.reset();
        return found;
    }

    private static void skipByteOrderMark(InputStream in) throws IOException {
        in.mark(BYTE_ORDER_MARK.length);
        if (!Arrays.equals(in.readNBytes(BYTE_ORDER_MARK.length), BYTE_ORDER_MARK)) {
            in.reset();
        }
    }

    private static boolean startsArray(InputStream in) throws IOException {
        int window = 1 << 12;
        in.mark(window);
        int first = in.read();
        for (int read = 1; read < window && (first == ' ' || first == '\n' || first == '\r' || first == '\t'); read++) {
            first = in.read();
        }
        in.reset();
        return first == '[';
    }

    private static void close(InputStream in) {
        try {
            in.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static JsonRow row(Path file, long line, JsonNode value) {
        if (value instanceof ObjectNode fields) {
            return new JsonRow(file, line, fields);
        }
        throw LeewayException.data("%s:%d holds %s; expected a JSON object with a column for each text", file, line,
                value.getNodeType().name().toLowerCase(Locale.ROOT));
    }

    /** The value that a text of the given place spells. */
    static JsonNode value(Path file, long line, String text) {
        try {
            return STRICT.readTree(text);
        } catch (JacksonException e) {
            throw malformed(file, line, e);
        }
    }

    private static LeewayException malformed(Path file, long line, JacksonException e) {
        if (isCutOff(e)) {
            return LeewayException.data(e, "%s:%d is not valid JSON: it ends inside a value; give each row a line of its own, and if"
                    + " the file was cut off, fetch or write it again", file, line);
        }
        if (e instanceof MismatchedInputException) {
            return LeewayException.data(e, "%s:%d is not valid JSON: the row goes on after its value; give each row a line of its own",
                    file, line);
        }
        String reason = e.getOriginalMessage().lines().findFirst().orElse("it cannot be parsed");
        return LeewayException.data(e, "%s:%d is not valid JSON: %s", file, line, reason);
    }

    /** The parser has a type for this, but for an end between two elements. */
    private static boolean isCutOff(JacksonException e) {
        return e instanceof UnexpectedEndOfInputException || e.getOriginalMessage().startsWith("Unexpected end-of-input");
    }

    /** Fetches one row ahead, as an iterator must know whether there is another one. */
    private abstract static class Ahead implements Iterator<JsonRow> {
        private Optional<JsonRow> ahead = Optional.empty();
        private boolean ended;

        /** The next row, or none at the end of the file. */
        abstract Optional<JsonRow> fetch();

        @Override
        public final boolean hasNext() {
            if (ahead.isEmpty() && !ended) {
                ahead = fetch();
                ended = ahead.isEmpty();
            }
            return ahead.isPresent();
        }

        @Override
        public final JsonRow next() {
            if (!hasNext()) {
                throw new NoSuchElementException();
            }
            JsonRow row = ahead.orElseThrow();
            ahead = Optional.empty();
            return row;
        }
    }

    /** One object a line. Lines are cut as bytes and decoded one by one, so that a bad byte has its line. */
    private static final class LineRows extends Ahead {
        private final Path file;
        private final InputStream in;
        private final byte[] block = new byte[BUFFER];
        private int next;
        private int filled;
        private byte[] bytes = new byte[BUFFER];
        private int length;
        private long line;

        LineRows(Path file, InputStream in) {
            this.file = file;
            this.in = in;
        }

        @Override
        Optional<JsonRow> fetch() {
            while (readLine()) {
                String text = decode();
                if (!text.isBlank()) {
                    return Optional.of(parse(text));
                }
            }
            return Optional.empty();
        }

        /** Whether there was a line; its bytes are then the first {@code length} ones. */
        private boolean readLine() {
            length = 0;
            line++;
            boolean any = false;
            while (next < filled || fill()) {
                any = true;
                int start = next;
                while (next < filled && block[next] != '\n') {
                    next++;
                }
                append(start, next);
                if (next < filled) {
                    next++;
                    return true;
                }
            }
            return any;
        }

        private boolean fill() {
            try {
                next = 0;
                filled = Math.max(0, in.read(block));
                return filled > 0;
            } catch (IOException e) {
                throw LeewayException.data(e, "%s:%d cannot be read: %s", file, line, e.getMessage());
            }
        }

        private void append(int from, int to) {
            if (length + to - from > LONGEST_LINE) {
                throw LeewayException.data("%s:%d is longer than %,d bytes; expected one JSON object a line", file, line, LONGEST_LINE);
            }
            if (length + to - from > bytes.length) {
                bytes = Arrays.copyOf(bytes, Math.max(length + to - from, Math.min(2 * bytes.length, LONGEST_LINE)));
            }
            System.arraycopy(block, from, bytes, length, to - from);
            length += to - from;
        }

        private String decode() {
            try {
                return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes, 0, length)).toString();
            } catch (CharacterCodingException e) {
                throw LeewayException.data(e, "%s:%d is not UTF-8 text; convert the file to UTF-8", file, line);
            }
        }

        private JsonRow parse(String text) {
            return row(file, line, value(file, line, text));
        }
    }

    /** The elements of one array. */
    private static final class ArrayRows extends Ahead {
        private final Path file;
        private final JsonParser parser;
        private long rows;

        ArrayRows(Path file, InputStream in) {
            this.file = file;
            this.parser = STRICT.createParser(new InputStreamReader(in, StandardCharsets.UTF_8.newDecoder()));
        }

        @Override
        Optional<JsonRow> fetch() {
            try {
                if (parser.currentToken() == null) {
                    parser.nextToken(); // the opening bracket
                }
                if (parser.nextToken() == JsonToken.END_ARRAY) {
                    requireEnd();
                    return Optional.empty();
                }
                long line = parser.currentTokenLocation().getLineNr();
                Optional<JsonRow> row = Optional.of(row(file, line, parser.readValueAsTree()));
                rows++;
                return row;
            } catch (JacksonException e) {
                if (e.getCause() instanceof CharacterCodingException) {
                    // Decoded in blocks: the bad byte is somewhere in the next few thousand.
                    throw LeewayException.data(e, "%s is not UTF-8 text (line %d or later); convert the file to UTF-8", file,
                            parser.currentLocation().getLineNr());
                }
                if (isCutOff(e)) {
                    throw LeewayException.data(e, "%s:%d ends inside its JSON array, after %,d whole rows; expected ']' at the end: the"
                            + " file was cut off, so fetch or write it again", file, parser.currentLocation().getLineNr(), rows);
                }
                throw malformed(file, parser.currentLocation().getLineNr(), e);
            }
        }

        private void requireEnd() {
            if (parser.nextToken() != null) {
                throw LeewayException.data("%s:%d goes on after the array; expected one array, or one object a line", file,
                        parser.currentTokenLocation().getLineNr());
            }
        }
    }
}
