package dev.leeway.rollout;

import dev.leeway.ffi.DType;
import dev.leeway.ffi.Ops;
import dev.leeway.ffi.Region;
import dev.leeway.tensor.Device;
import dev.leeway.tensor.MemoryPlan;
import dev.leeway.tensor.MemoryPlan.Purpose;
import dev.leeway.tensor.Tensor;

/**
 * Draws one token a row of logits. Rows are named first ({@link #begin}, {@link #row}, {@link #remember}); the drawn tokens stay to be
 * asked for until the next draw. Nothing is allocated on the way.
 */
public final class Sampler {

    private final Device device;
    private final int vocabulary;
    private final Tensor historyStarts;
    private final Tensor history;
    private final Tensor seeds;
    private final Tensor counters;
    private final Tensor tokens;
    private final Tensor logProbs;
    private final Tensor entropies;
    private final Tensor workspace;
    private final long[] sequences;
    private final long[] positions;
    private final int[] starts;
    private final long[] streams;
    private final int historyTokens;
    private final int[] drawn;
    private final float[] scores;
    private final float[] spreads;
    private int[] remembered = new int[0];
    private int rows;

    /** Plans a sampler for at most {@code rows} rows whose histories have at most {@code historyTokens} tokens in all. */
    public Sampler(Device device, int rows, int vocabulary, int historyTokens, MemoryPlan plan) {
        this.device = device;
        this.vocabulary = vocabulary;
        historyStarts = plan.reserve(Purpose.CACHE, "sample.history_starts", DType.I32, rows + 1);
        history = plan.reserve(Purpose.CACHE, "sample.history", DType.I32, Math.max(1, historyTokens));
        seeds = plan.reserve(Purpose.CACHE, "sample.seeds", DType.I64, rows);
        counters = plan.reserve(Purpose.CACHE, "sample.counters", DType.I64, rows);
        tokens = plan.reserve(Purpose.CACHE, "sample.tokens", DType.I32, rows);
        logProbs = plan.reserve(Purpose.CACHE, "sample.log_probs", DType.F32, rows);
        entropies = plan.reserve(Purpose.CACHE, "sample.entropies", DType.F32, rows);
        long bytes = device.ask((same, answer) -> same.call(Ops.SAMPLE_WORKSPACE).i64("rows", rows).i64("vocabulary", vocabulary)
            .at("bytes", answer).run());
        workspace = plan.reserve(Purpose.CACHE, "sample.workspace", DType.U8, Math.max(1, bytes));
        sequences = new long[rows];
        positions = new long[rows];
        starts = new int[rows + 1];
        streams = new long[rows];
        this.historyTokens = historyTokens;
        drawn = new int[rows];
        scores = new float[rows];
        spreads = new float[rows];
    }

    /** The rows to draw for are those named from here on. */
    public void begin() {
        rows = 0;
    }

    /**
     * Names the next row to draw for.
     *
     * @param sequence number of its sequence: the stream of random numbers
     * @param position of the drawn token in the sequence: the place in that stream
     */
    public void row(long sequence, int position) {
        sequences[rows] = sequence;
        positions[rows] = position;
        starts[rows + 1] = starts[rows];
        rows++;
    }

    /** Adds the first {@code count} tokens to what stands before the row named last, for the repetition penalty. */
    public void remember(int[] before, int count) {
        if (remembered.length < historyTokens) {
            remembered = new int[historyTokens]; // for good, in the first run with a penalty
        }
        System.arraycopy(before, 0, remembered, starts[rows], count);
        starts[rows] += count;
    }

    /** Draws for the first rows of {@code logits}; {@code probabilities} gets the processed distributions, or is {@link Region#NONE}. */
    public void draw(Tensor logits, SamplingParameters parameters, Region probabilities) {
        boolean penalised = parameters.repetitionPenalty() != 1;
        if (penalised) {
            device.upload(starts, rows + 1, historyStarts);
            device.upload(remembered, starts[rows], history);
        }
        uploadStreams(parameters.seed());
        device.call(Ops.SAMPLE).i64("rows", rows).i64("vocabulary", vocabulary).i64("top_k", parameters.topK())
            .at("logits", logits.region()).at("allowed", Region.NONE).at("history_starts", penalised ? historyStarts.region() : Region.NONE)
            .at("history", penalised ? history.region() : Region.NONE).at("seeds", seeds.region()).at("counters", counters.region())
            .at("tokens", tokens.region()).at("log_prob", logProbs.region()).at("entropy", entropies.region())
            .at("probabilities", probabilities).at("workspace", workspace.region()).i64("workspace_bytes", workspace.bytes())
            .f32("temperature", parameters.temperature()).f32("top_p", parameters.topP()).f32("min_p", parameters.minP())
            .f32("repetition_penalty", parameters.repetitionPenalty()).run();
        device.download(tokens, drawn, rows);
        device.download(logProbs, scores, rows);
        device.download(entropies, spreads, rows);
    }

    /** The token drawn for the i-th row. */
    public int token(int i) {
        return drawn[i];
    }

    /**
     * The token's log-probability under the distribution at the sampling temperature, before any truncation: what training compares with.
     */
    public float logProb(int i) {
        return scores[i];
    }

    /** The entropy of that distribution in nats: training's ENTROPY column. */
    public float entropy(int i) {
        return spreads[i];
    }

    /** Each row's stream of random numbers and its place there. */
    private void uploadStreams(long seed) {
        for (int i = 0; i < rows; i++) {
            streams[i] = mix(seed, sequences[i]);
        }
        device.upload(streams, rows, seeds);
        device.upload(positions, rows, counters);
    }

    /** A sequence's own seed: the finaliser of SplitMix64 (Steele et al. 2014) over the run's seed and the sequence's number. */
    private static long mix(long seed, long sequence) {
        long z = seed + (sequence + 1) * 0x9E3779B97F4A7C15L;
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }
}
