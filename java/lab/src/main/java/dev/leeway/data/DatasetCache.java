package dev.leeway.data;

import dev.leeway.io.Sha256;
import dev.leeway.text.Tokenizer;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * Encoded data sets in a folder, each in a file named by a hash of all that they depend on: the bytes of the data files, the tokenizer's
 * files, the template, the options. A file ends with the SHA-256 of what is before it and appears under its name only when it is whole; one
 * that is damaged is set aside by encoding anew, which the report's warnings say. Several processes may use one folder. Where its files
 * have become more than it may hold, those that were not used for longest go.
 */
public final class DatasetCache {

    /** Goes up with every change to what encoding gives or to how it is written. */
    private static final String FORMAT = "leeway encoded rows 2\n";
    private static final int DIGEST = 32;
    private static final int BUFFER = 1 << 16;

    private static final String ROWS = ".rows";
    private static final String UNFINISHED = ".tmp";
    /** What is written for longer than this belongs to a process that was killed. */
    private static final Duration LONGEST_WRITE = Duration.ofDays(1);
    private static final long MOST_BYTES = 20_000_000_000L;

    private final Path folder;
    private final long mostBytes;

    /**
     * A cache of 20 GB at most in a folder.
     *
     * @param folder where the files are; made if it is missing
     */
    public DatasetCache(Path folder) {
        this(folder, MOST_BYTES);
    }

    /** A cache of so many bytes; what was kept last stays even where it alone has more. */
    public DatasetCache(Path folder, long mostBytes) {
        this.folder = folder;
        this.mostBytes = mostBytes;
    }

    /**
     * Rows and where they are from.
     *
     * @param <U>       what a row became
     * @param rows      the rows
     * @param fromCache whether the cache had them; otherwise they were encoded, and are kept from now on unless a warning says otherwise
     */
    public record Found<U extends Unit>(RowSet<U> rows, boolean fromCache) {
    }

    /** As {@link DatasetReader#read}, from the cache if it has the rows. */
    public Dataset read(List<Path> files, Tokenizer tokenizer, DatasetReader.Options options) {
        RowSet<Example> rows = find(files, tokenizer, options, Purpose.SUPERVISED).rows();
        return new Dataset(rows.units(), rows.report());
    }

    /** Rows for any purpose, and whether the cache had them. */
    public <U extends Unit> Found<U> find(List<Path> files, Tokenizer tokenizer, DatasetReader.Options options, Purpose<U> purpose) {
        var encoded = new AtomicBoolean();
        RowSet<U> rows = cached(files, tokenizer, options, purpose, () -> {
            encoded.set(true);
            return DatasetReader.read(files, tokenizer, options, purpose);
        });
        return new Found<>(rows, !encoded.get());
    }

    <U extends Unit> RowSet<U> cached(List<Path> files, Tokenizer tokenizer, DatasetReader.Options options, Purpose<U> purpose,
            Supplier<RowSet<U>> encode) {
        List<String> before = stamps(files);
        Path file = folder.resolve(key(files, tokenizer, options, purpose) + ROWS);
        List<String> warnings = new ArrayList<>();
        if (Files.exists(file)) {
            try {
                RowSet<U> found = load(file, purpose.kind());
                markAsUsed(file);
                return found;
            } catch (IOException | RuntimeException e) {
                warnings.add("the cache file " + file + " is damaged (" + e.getMessage() + "), so the data was encoded anew");
            }
        }
        RowSet<U> rows = encode.get();
        if (before.equals(stamps(files))) {
            store(file, rows).ifPresent(warnings::add);
        } else {
            warnings.add("the encoded data is not kept, because its files changed while they were read");
        }
        Report report = rows.report();
        for (String warning : warnings) {
            report = report.withWarning(warning);
        }
        return new RowSet<>(rows.units(), report);
    }

    /** Sizes and times: whether the rows are those of the contents that their key is of. */
    private static List<String> stamps(List<Path> files) {
        List<String> stamps = new ArrayList<>();
        for (Path file : files) {
            try {
                stamps.add(Files.size(file) + " " + Files.getLastModifiedTime(file));
            } catch (IOException _) {
                stamps.add("missing"); // which whoever reads it says
            }
        }
        return stamps;
    }

    /** A folder that can only be read keeps its times. */
    private static void markAsUsed(Path file) {
        try {
            Files.setLastModifiedTime(file, FileTime.from(Instant.now()));
        } catch (IOException _) {
            return;
        }
    }

    /** The whole file is checked before any of it is believed. */
    private static <U extends Unit> RowSet<U> load(Path file, Class<U> kind) throws IOException {
        verify(file);
        try (var in = new DataInputStream(new BufferedInputStream(Files.newInputStream(file), BUFFER))) {
            RowSet<Unit> rows = EncodedFile.read(in);
            return new RowSet<>(rows.units().stream().map(kind::cast).toList(), rows.report());
        }
    }

    private static void verify(Path file) throws IOException {
        var sum = new Sha256();
        long content = Files.size(file) - DIGEST;
        try (InputStream in = Files.newInputStream(file)) {
            byte[] block = new byte[BUFFER];
            for (long left = content; left > 0;) {
                int read = in.readNBytes(block, 0, (int) Math.min(left, block.length));
                if (read == 0) {
                    throw new IOException("it became shorter while it was read");
                }
                sum.addBytes(ByteBuffer.wrap(block, 0, read));
                left -= read;
            }
            if (content < 0 || !Arrays.equals(sum.bytes(), in.readNBytes(DIGEST))) {
                throw new IOException("its checksum does not fit");
            }
        }
    }

    /** Nothing, or a sentence why the rows aren't kept. */
    private Optional<String> store(Path file, RowSet<? extends Unit> rows) {
        try {
            Files.createDirectories(folder);
            Path unfinished = Files.createTempFile(folder, "unfinished", UNFINISHED);
            try {
                var sum = new Sha256();
                try (OutputStream raw = Files.newOutputStream(unfinished);
                        var out = new DataOutputStream(new BufferedOutputStream(sum.over(raw), BUFFER))) {
                    EncodedFile.write(out, rows);
                    out.flush();
                    raw.write(sum.bytes());
                }
                Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE);
                prune(file);
            } finally {
                Files.deleteIfExists(unfinished);
            }
            return Optional.empty();
        } catch (IOException e) {
            return Optional.of("the encoded data could not be kept in " + folder + " (" + e.getMessage() + ")");
        }
    }

    /** A file of the folder as it was when it was listed; another process may have removed it since. */
    private record Entry(Path file, long bytes, Instant used) {

        static Optional<Entry> of(Path file) {
            try {
                return Optional.of(new Entry(file, Files.size(file), Files.getLastModifiedTime(file).toInstant()));
            } catch (IOException _) {
                return Optional.empty();
            }
        }
    }

    /** Removes what was not used for longest until the rest fits, and what killed processes left; never {@code newest}. */
    private void prune(Path newest) throws IOException {
        long total = 0;
        for (Entry entry : entries(ROWS)) {
            total += entry.bytes();
            if (total > mostBytes && !entry.file().equals(newest)) {
                Files.deleteIfExists(entry.file());
            }
        }
        Instant oldest = Instant.now().minus(LONGEST_WRITE);
        for (Entry entry : entries(UNFINISHED)) {
            if (entry.used().isBefore(oldest)) {
                Files.deleteIfExists(entry.file());
            }
        }
    }

    /** Those with this ending, the latest used first. */
    private List<Entry> entries(String ending) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.toString().endsWith(ending)).map(Entry::of).flatMap(Optional::stream)
                    .sorted(Comparator.comparing(Entry::used).reversed()).toList();
        }
    }

    private static String key(List<Path> files, Tokenizer tokenizer, DatasetReader.Options options, Purpose<?> purpose) {
        var key = new EncodingKey();
        key.add(FORMAT);
        key.add(purpose.formats().toString());
        for (Path file : files) {
            key.add(file.toString()); // the report names rows by it
            key.addContent(file);
        }
        key.add(tokenizer, options);
        key.add(Boolean.toString(options.allowTruncation()));
        return key.hex();
    }
}
