package dev.leeway.model;

import dev.leeway.LeewayException;
import dev.leeway.ffi.DType;
import dev.leeway.tensor.MemoryPlan;
import dev.leeway.tensor.MemoryPlan.Purpose;
import dev.leeway.tensor.Tensor;
import java.util.stream.IntStream;

/**
 * Sequences that grow token by token over a paged key/value cache. A lane is one growing sequence; tokens are appended to some lanes, and
 * then {@link #advance} leaves the logits of each one's last token. What a lane computes does not depend on the others. Nothing is
 * allocated on the way: arrays and placement are made once. Steps of one token a lane are recorded where the device can do so.
 */
public final class Decoding implements AutoCloseable {

    private final Llama model;
    private final int rows;
    private final int lanes;
    private final int pagesPerLane;
    private final Tensor tokens;
    private final Tensor logits;
    private final Placement.Cached placement;
    private final RecordedSteps steps;
    private final int[] newTokens;
    private final int[] newPositions;
    private final long[] newSlots;
    private final int[] starts;
    private final int[] lastRows;
    private final int[] contexts;
    private final int[] table;
    private final int[][] pagesOfLane;
    private final int[] pageCounts;
    private final int[] lengths;
    private final int[] freePages;
    private int freeCount;
    private int row;
    private int chunk;

    /**
     * Plans the state of generation.
     *
     * @param model its capacity bounds the tokens of one {@link #advance}
     * @param rows that capacity
     * @param lanes how many sequences may grow at once; each gets room for the model's longest sequence
     */
    public Decoding(Llama model, int rows, int lanes, MemoryPlan plan) {
        this.model = model;
        this.rows = rows;
        this.lanes = lanes;
        this.pagesPerLane = (model.positions() + KeyValueCache.PAGE_SIZE - 1) / KeyValueCache.PAGE_SIZE;
        var cache = new KeyValueCache(model.config(), model.dtype(), lanes * pagesPerLane, plan);
        tokens = plan.reserve(Purpose.CACHE, "decode.tokens", DType.I32, rows);
        placement = new Placement.Cached(cache, rows, lanes, pagesPerLane, plan);
        logits = plan.reserve(Purpose.CACHE, "decode.logits", DType.F32, lanes, model.config().vocabSize());
        steps = new RecordedSteps(lanes, this::compute);
        newTokens = new int[rows];
        newPositions = new int[rows];
        newSlots = new long[rows];
        starts = new int[lanes + 1];
        lastRows = new int[lanes];
        contexts = new int[lanes];
        table = new int[lanes * pagesPerLane];
        lengths = new int[lanes];
        pagesOfLane = new int[lanes][pagesPerLane];
        pageCounts = new int[lanes];
        freePages = IntStream.range(0, cache.pages()).toArray();
        freeCount = cache.pages();
    }

    /** How many sequences may grow at once. */
    public int lanes() {
        return lanes;
    }

    /** How many tokens one {@link #advance} takes. */
    public int rows() {
        return rows;
    }

    /** The longest sequence a lane can hold. */
    public int positions() {
        return model.positions();
    }

    /** (lanes, V): row i belongs to the i-th lane that was appended to before the last {@link #advance}. */
    public Tensor logits() {
        return logits;
    }

    /** Tokens of a lane so far. */
    public int length(int lane) {
        return lengths[lane];
    }

    /** Forgets a lane's sequence and frees its pages. */
    public void clear(int lane) {
        for (int i = 0; i < pageCounts[lane]; i++) {
            freePages[freeCount++] = pagesOfLane[lane][i];
        }
        pageCounts[lane] = 0;
        lengths[lane] = 0;
    }

    /** The lanes to append to are those named from here on. */
    public void begin() {
        row = 0;
        chunk = 0;
    }

    /**
     * Appends {@code count} tokens from number {@code first} on: one when decoding, more when a prompt is read. Each lane is named
     * once, and all lanes together get at most {@link #rows} tokens.
     */
    public void append(int lane, int[] from, int first, int count) {
        if (row + count > rows) {
            throw new IllegalArgumentException("chunks of " + (row + count) + " tokens exceed the planned " + rows);
        }
        reserve(lane, lengths[lane] + count);
        var pages = pagesOfLane[lane];
        for (int t = first; t < first + count; t++) {
            int position = lengths[lane]++;
            newTokens[row] = from[t];
            newPositions[row] = position;
            newSlots[row++] = (long) pages[position / KeyValueCache.PAGE_SIZE] * KeyValueCache.PAGE_SIZE
                + position % KeyValueCache.PAGE_SIZE;
        }
        System.arraycopy(pages, 0, table, chunk * pagesPerLane, pageCounts[lane]);
        contexts[chunk] = lengths[lane];
        lastRows[chunk++] = row - 1;
        starts[chunk] = row;
    }

    /** Computes the logits behind each lane that was appended to. */
    public void advance() {
        var device = model.device();
        device.upload(newTokens, row, tokens);
        device.upload(newPositions, row, placement.positions());
        device.upload(newSlots, row, placement.slots());
        device.upload(starts, chunk + 1, placement.queryStarts());
        device.upload(contexts, chunk, placement.contextLengths());
        device.upload(table, chunk * pagesPerLane, placement.pageTable());
        placement.hold(row, chunk);
        model.chooseRows(lastRows, chunk);
        if (row == chunk) {
            steps.run(device, chunk, model.stateOfCalls());
        } else {
            compute();
        }
    }

    /** Everything that a step computes; what it reads beside sizes lies on the device. */
    private void compute() {
        model.decode(placement, tokens);
        model.chosenLogits(row, logits);
    }

    /** Forgets recorded steps. Call it before the memory they use is freed. */
    @Override
    public void close() {
        steps.close();
    }

    private void reserve(int lane, int length) {
        if (length > model.positions()) {
            throw LeewayException.usage("a sequence of %d tokens exceeds the model's %d positions; shorten the prompt or max_new_tokens",
                length, model.positions());
        }
        while (pageCounts[lane] * KeyValueCache.PAGE_SIZE < length) {
            pagesOfLane[lane][pageCounts[lane]++] = freePages[--freeCount];
        }
    }
}
