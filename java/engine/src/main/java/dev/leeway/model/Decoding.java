package dev.leeway.model;

import dev.leeway.LeewayException;
import dev.leeway.ffi.DType;
import dev.leeway.tensor.MemoryPlan;
import dev.leeway.tensor.MemoryPlan.Purpose;
import dev.leeway.tensor.Tensor;
import java.util.Arrays;

/**
 * Sequences that grow token by token over a paged key/value cache. A lane is one growing sequence; tokens are appended to some lanes, and
 * then {@link #advance} leaves the logits of each one's last token. What a lane computes does not depend on the others. Nothing is
 * allocated on the way: arrays and placement are made once. Steps of one token a lane are recorded where the device can do so.
 *
 * <p>Lanes may begin with the same tokens ({@link #share}, {@link #follow}): pages that these fill are the same ones, and a page that they
 * fill in part is copied, so that a page which several lanes hold is never written.
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
    private final KeyValueCache cache;
    private final Pages pages;
    private int row;
    private int chunk;
    private long turn;

    /** Plans the state of generation with room for the model's longest sequence in every lane. */
    public Decoding(Llama model, int rows, int lanes, MemoryPlan plan) {
        this(model, rows, lanes, lanes * Pages.of(model.positions()), plan);
    }

    /**
     * Plans the state of generation.
     *
     * @param model its capacity bounds the tokens of one {@link #advance}
     * @param rows that capacity
     * @param lanes how many sequences may grow at once
     * @param pageCount pages of {@link KeyValueCache#PAGE_SIZE} tokens that the lanes divide among themselves; at least what the model's
     *     longest sequence takes
     */
    public Decoding(Llama model, int rows, int lanes, int pageCount, MemoryPlan plan) {
        this.model = model;
        this.rows = rows;
        this.lanes = lanes;
        this.pagesPerLane = Pages.of(model.positions());
        if (pageCount < pagesPerLane) {
            throw LeewayException.usage("a key/value cache of %d pages of %d tokens can't hold one sequence of %d tokens, which takes %d; "
                + "plan at least that many, or shorten the sequences (prompt and max_new_tokens)", pageCount, KeyValueCache.PAGE_SIZE,
                model.positions(), pagesPerLane);
        }
        cache = new KeyValueCache(model.config(), model.dtype(), pageCount, plan);
        pages = new Pages(pageCount);
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
        lengths = new int[lanes + 1];
        pagesOfLane = new int[lanes + 1][pagesPerLane];
        pageCounts = new int[lanes + 1];
    }

    /** How many sequences may grow at once. They are numbered from 0; one more lane, of this number, may hold what others begin with. */
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

    /** Tokens that the model knows. */
    public int vocabulary() {
        return model.config().vocabSize();
    }

    /** (lanes, V): row i belongs to the i-th lane that was appended to before the last {@link #advance}. */
    public Tensor logits() {
        return logits;
    }

    /** Tokens of a lane so far. */
    public int length(int lane) {
        return lengths[lane];
    }

    /** Pages of the cache. */
    public int pages() {
        return cache.pages();
    }

    /** Pages that no lane holds. */
    public int freePages() {
        return pages.free();
    }

    /** The most pages that lanes held at a time since the last {@link #restart}. */
    public int mostPages() {
        return pages.most();
    }

    /** Pages that so many tokens take. */
    public static int pagesOf(int tokens) {
        return Pages.of(tokens);
    }

    /** Pages that so many tokens fill: what {@link #share} shares. */
    public static int fullPagesOf(int tokens) {
        return tokens / KeyValueCache.PAGE_SIZE;
    }

    /** Forgets all sequences, and how many pages they held. */
    public void restart() {
        Arrays.fill(pageCounts, 0);
        Arrays.fill(lengths, 0);
        pages.restart();
    }

    /** Forgets all sequences. */
    public void clear() {
        for (int lane = 0; lane <= lanes; lane++) {
            clear(lane);
        }
    }

    /** Forgets a lane's sequence and lets go of its pages. */
    public void clear(int lane) {
        keep(lane, 0);
    }

    /** Forgets what a lane has read behind its first {@code count} tokens, and lets go of the pages behind them. */
    public void keep(int lane, int count) {
        int kept = Pages.of(count);
        while (pageCounts[lane] > kept) {
            pages.release(pagesOfLane[lane][--pageCounts[lane]]);
        }
        lengths[lane] = Math.min(lengths[lane], count);
    }

    /**
     * Gives a lane pages for {@code length} tokens, those that it has included.
     *
     * @return false if there are too few free pages; it gets none then
     */
    public boolean reserve(int lane, int length) {
        if (length > model.positions()) {
            throw LeewayException.usage("a sequence of %d tokens exceeds the model's %d positions; shorten the prompt or max_new_tokens",
                length, model.positions());
        }
        int missing = Pages.of(length) - pageCounts[lane];
        if (missing > pages.free()) {
            return false;
        }
        for (; missing > 0; missing--) {
            pagesOfLane[lane][pageCounts[lane]++] = pages.take();
        }
        return true;
    }

    /**
     * Lets an empty lane hold the pages that the first {@code count} tokens of another one fill. The other one has reserved them; it may be
     * about to read the tokens.
     */
    public void share(int from, int to, int count) {
        for (int i = 0; i < fullPagesOf(count); i++) {
            int page = pagesOfLane[from][i];
            pages.share(page);
            pagesOfLane[to][pageCounts[to]++] = page;
        }
    }

    /**
     * Puts a lane behind the first {@code count} tokens of another one, which has read them by now. Those that do not fill a page are
     * copied into a page of its own, which it has reserved after {@link #share}.
     */
    public void follow(int from, int to, int count) {
        int rest = count % KeyValueCache.PAGE_SIZE;
        if (rest > 0) {
            int page = fullPagesOf(count);
            cache.copy(model.device(), pagesOfLane[from][page], pagesOfLane[to][page], rest);
        }
        lengths[to] = count;
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
        if (!reserve(lane, lengths[lane] + count)) {
            throw new IllegalStateException("no page is free for lane " + lane + "; reserve before the tokens are appended");
        }
        var held = pagesOfLane[lane];
        for (int t = first; t < first + count; t++) {
            int position = lengths[lane]++;
            newTokens[row] = from[t];
            newPositions[row] = position;
            newSlots[row++] = (long) held[position / KeyValueCache.PAGE_SIZE] * KeyValueCache.PAGE_SIZE
                + position % KeyValueCache.PAGE_SIZE;
        }
        System.arraycopy(held, 0, table, chunk * pagesPerLane, pageCounts[lane]);
        contexts[chunk] = lengths[lane];
        lastRows[chunk++] = row - 1;
        starts[chunk] = row;
    }

    /** Computes the logits behind each lane that was appended to. Refuses where packed batches passed through the memory of the cache. */
    public void advance() {
        var device = model.device();
        requireKeys(model.beginDecoding());
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

    private void requireKeys(long now) {
        if (now != turn && Arrays.stream(lengths).sum() > row) {
            throw new IllegalStateException("the model has scored or trained since it began these sequences, whose keys lay in the same "
                + "memory; score before or behind a generation");
        }
        turn = now;
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
}
