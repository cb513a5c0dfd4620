package dev.leeway.model;

import dev.leeway.LeewayException;
import dev.leeway.ffi.DType;
import dev.leeway.tensor.MemoryPlan;
import dev.leeway.tensor.MemoryPlan.Purpose;
import dev.leeway.tensor.Tensor;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * Sequences that grow token by token over a paged key/value cache. A lane is one growing sequence; {@link #advance} appends tokens to some
 * lanes and leaves the logits of each one's last token. What a lane computes does not depend on the others.
 */
public final class Decoding {

    /**
     * Tokens to append to a lane.
     *
     * @param lane which sequence
     * @param tokens one token when decoding, more when a prompt is read
     */
    public record Chunk(int lane, int[] tokens) {
    }

    private final Llama model;
    private final KeyValueCache cache;
    private final int lanes;
    private final int pagesPerLane;
    private final Tensor tokens;
    private final Tensor positions;
    private final Tensor queryStarts;
    private final Tensor contextLengths;
    private final Tensor pageTable;
    private final Tensor slots;
    private final Tensor logits;
    private final int rows;
    private final List<List<Integer>> pagesOfLane = new ArrayList<>();
    private final int[] lengths;
    private final Deque<Integer> freePages = new ArrayDeque<>();

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
        this.cache = new KeyValueCache(model.config(), model.dtype(), lanes * pagesPerLane, plan);
        this.lengths = new int[lanes];
        tokens = plan.reserve(Purpose.CACHE, "decode.tokens", DType.I32, rows);
        positions = plan.reserve(Purpose.CACHE, "decode.positions", DType.I32, rows);
        slots = plan.reserve(Purpose.CACHE, "decode.slots", DType.I64, rows);
        queryStarts = plan.reserve(Purpose.CACHE, "decode.query_starts", DType.I32, lanes + 1);
        contextLengths = plan.reserve(Purpose.CACHE, "decode.context_lengths", DType.I32, lanes);
        pageTable = plan.reserve(Purpose.CACHE, "decode.page_table", DType.I32, lanes, pagesPerLane);
        logits = plan.reserve(Purpose.CACHE, "decode.logits", DType.F32, lanes, model.config().vocabSize());
        for (int lane = 0; lane < lanes; lane++) {
            pagesOfLane.add(new ArrayList<>());
        }
        for (int page = 0; page < cache.pages(); page++) {
            freePages.add(page);
        }
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

    /** (lanes, V): row i belongs to the i-th chunk of the last {@link #advance}. */
    public Tensor logits() {
        return logits;
    }

    /** Tokens of a lane so far. */
    public int length(int lane) {
        return lengths[lane];
    }

    /** Forgets a lane's sequence and frees its pages. */
    public void clear(int lane) {
        freePages.addAll(pagesOfLane.get(lane));
        pagesOfLane.get(lane).clear();
        lengths[lane] = 0;
    }

    /** Appends the chunks, at most {@link #rows} tokens in all and one chunk a lane, and computes the logits behind each. */
    public void advance(List<Chunk> chunks) {
        int count = chunks.stream().mapToInt(chunk -> chunk.tokens().length).sum();
        if (count > rows) {
            throw new IllegalArgumentException("chunks of " + count + " tokens exceed the planned " + rows);
        }
        var step = new Step(chunks.size(), count);
        chunks.forEach(step::append);
        var device = model.device();
        device.upload(step.tokens, tokens);
        device.upload(step.positions, positions);
        device.upload(step.slots, slots);
        device.upload(step.queryStarts, queryStarts);
        device.upload(step.contextLengths, contextLengths);
        device.upload(step.pageTable, pageTable);
        model.decode(new Placement.Cached(count, chunks.size(), positions, queryStarts, contextLengths, pageTable, slots, cache), tokens);
        model.logits(step.lastRows(), count, logits);
    }

    /** The arrays of one {@link #advance}. */
    private final class Step {
        final int[] tokens;
        final int[] positions;
        final long[] slots;
        final int[] queryStarts;
        final int[] contextLengths;
        final int[] pageTable;
        int row;
        int sequence;

        Step(int sequences, int rows) {
            tokens = new int[rows];
            positions = new int[rows];
            slots = new long[rows];
            queryStarts = new int[sequences + 1];
            contextLengths = new int[sequences];
            pageTable = new int[sequences * pagesPerLane];
        }

        void append(Chunk chunk) {
            int lane = chunk.lane();
            reserve(lane, lengths[lane] + chunk.tokens().length);
            var pages = pagesOfLane.get(lane);
            for (int token : chunk.tokens()) {
                int position = lengths[lane]++;
                tokens[row] = token;
                positions[row] = position;
                slots[row++] = (long) pages.get(position / KeyValueCache.PAGE_SIZE) * KeyValueCache.PAGE_SIZE
                    + position % KeyValueCache.PAGE_SIZE;
            }
            for (int i = 0; i < pages.size(); i++) {
                pageTable[sequence * pagesPerLane + i] = pages.get(i);
            }
            contextLengths[sequence++] = lengths[lane];
            queryStarts[sequence] = row;
        }

        int[] lastRows() {
            var last = new int[sequence];
            for (int s = 0; s < sequence; s++) {
                last[s] = queryStarts[s + 1] - 1;
            }
            return last;
        }
    }

    private void reserve(int lane, int length) {
        if (length > model.positions()) {
            throw LeewayException.usage("a sequence of %d tokens exceeds the model's %d positions; shorten the prompt or max_new_tokens",
                length, model.positions());
        }
        var pages = pagesOfLane.get(lane);
        while (pages.size() * KeyValueCache.PAGE_SIZE < length) {
            pages.add(freePages.remove());
        }
    }
}
