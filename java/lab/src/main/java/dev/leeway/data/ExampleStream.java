package dev.leeway.data;

import dev.leeway.LeewayException;
import dev.leeway.text.Tokenizer;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * One epoch of data that need not fit in memory: rows are read, mixed, shuffled within a buffer and encoded as they are asked for. The same
 * seed and epoch give the same examples, so a run goes on from a cursor by skipping what it has seen. An epoch ends where the first source
 * of the mixture ends. Unit ids count the rows in the order in which they come. Not for several threads at once; close it.
 */
public final class ExampleStream implements Iterator<Example>, AutoCloseable {

    /** Rows before which a share of truncated ones says little. */
    private static final int ROWS_TO_JUDGE = 1000;

    /**
     * In which order.
     *
     * @param seed   decides the order of files, the mixing and the shuffling
     * @param buffer rows held to shuffle, at least 1; 1 leaves the rows of a file in their order
     */
    public record Shuffle(long seed, int buffer) {

        public Shuffle {
            if (buffer < 1) {
                throw LeewayException.usage("the shuffle buffer must hold at least 1 row, found %d", buffer);
            }
        }
    }

    /** The rows of one source, file after file; only one file is open. */
    private static final class Source implements Iterator<JsonRow>, AutoCloseable {
        private final Iterator<Path> files;
        private Stream<JsonRow> open = Stream.empty();
        private Iterator<JsonRow> rows = open.iterator();

        Source(List<Path> files) {
            this.files = files.iterator();
        }

        @Override
        public boolean hasNext() {
            while (!rows.hasNext() && files.hasNext()) {
                open.close();
                open = JsonRows.open(files.next());
                rows = open.iterator();
            }
            return rows.hasNext();
        }

        @Override
        public JsonRow next() {
            if (!hasNext()) {
                throw new NoSuchElementException();
            }
            return rows.next();
        }

        @Override
        public void close() {
            open.close();
        }
    }

    private final DatasetReader.Options options;
    private final RowEncoder<Example> encoder;
    private final List<Source> sources = new ArrayList<>();
    private final Iterator<JsonRow> rows;
    private final Deque<Example> ready = new ArrayDeque<>();
    private final String name;

    /**
     * Opens an epoch.
     *
     * @throws LeewayException if a source has no files; from the iterator: if a row is not as it should be, or if too many are truncated
     */
    public ExampleStream(Mixture mixture, Tokenizer tokenizer, DatasetReader.Options options, Shuffle shuffle, long epoch) {
        this.options = options;
        this.name = String.join(", ", mixture.sources().stream().map(Mixture.Source::name).toList());
        for (Mixture.Source source : mixture.sources()) {
            sources.add(new Source(filesInOrder(source.name(), shuffle, epoch)));
        }
        this.rows = new ShuffleBuffer<>(mixed(mixture.shares(), new Draws(shuffle.seed(), -1 - epoch)), shuffle.buffer(),
                shuffle.seed(), epoch);
        this.encoder = new RowEncoder<>(tokenizer, options, Purpose.SUPERVISED);
    }

    private static List<Path> filesInOrder(String name, Shuffle shuffle, long epoch) {
        List<Path> files = DataFiles.of(name);
        if (shuffle.buffer() == 1) {
            return files;
        }
        Order order = Order.shuffled(shuffle.seed(), files.size());
        return IntStream.range(0, files.size()).mapToObj(i -> files.get(order.row(epoch, i))).toList();
    }

    /** Rows of the sources, each as likely as its share says, until the one that was drawn has no more. */
    private Iterator<JsonRow> mixed(double[] shares, Draws draws) {
        return new Iterator<>() {
            private int drawn = draw();

            private int draw() {
                double left = (draws.next() >>> 11) * 0x1p-53;
                int source = 0;
                while (source < shares.length - 1 && left >= shares[source]) {
                    left -= shares[source++];
                }
                return source;
            }

            @Override
            public boolean hasNext() {
                return sources.get(drawn).hasNext();
            }

            @Override
            public JsonRow next() {
                JsonRow row = sources.get(drawn).next();
                drawn = draw();
                return row;
            }
        };
    }

    @Override
    public boolean hasNext() {
        while (ready.isEmpty() && rows.hasNext()) {
            while (!encoder.isFull() && rows.hasNext()) {
                encoder.take(rows.next());
            }
            ready.addAll(encoder.drain());
            if (encoder.tally().rows() >= ROWS_TO_JUDGE || !rows.hasNext()) {
                encoder.tally().checkTruncation(options);
            }
        }
        if (ready.isEmpty()) {
            encoder.tally().checkLeft(name, options);
        }
        return !ready.isEmpty();
    }

    @Override
    public Example next() {
        if (!hasNext()) {
            throw new NoSuchElementException();
        }
        return ready.remove();
    }

    /** Where the row with this unit id stands, {@code train.jsonl:118}. For a new stream only: it reads the rows up to there. */
    String place(long unitId) {
        for (long before = 0; rows.hasNext(); before++) {
            JsonRow row = rows.next();
            if (before == unitId) {
                return row.place();
            }
        }
        return "row " + (unitId + 1) + " of the epoch's stream";
    }

    /** What became of the rows encoded so far. */
    public Report report() {
        return encoder.tally().report();
    }

    @Override
    public void close() {
        sources.forEach(Source::close);
        encoder.close();
    }
}
