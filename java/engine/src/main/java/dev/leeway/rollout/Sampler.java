package dev.leeway.rollout;

import dev.leeway.ffi.DType;
import dev.leeway.ffi.Ops;
import dev.leeway.ffi.Region;
import dev.leeway.tensor.Device;
import dev.leeway.tensor.MemoryPlan;
import dev.leeway.tensor.MemoryPlan.Purpose;
import dev.leeway.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/** Draws one token a row of logits. */
public final class Sampler {

    /**
     * A drawn token.
     *
     * @param token its id
     * @param logProb its log-probability under the distribution at the sampling temperature, before any truncation: what training compares
     *     with
     */
    public record Drawn(int token, float logProb) {
    }

    /**
     * A row to draw for.
     *
     * @param sequence number of its sequence: the stream of random numbers
     * @param position of the drawn token in the sequence: the place in that stream
     * @param history tokens before it, for the repetition penalty
     */
    public record Row(long sequence, int position, int[] history) {
    }

    private final Device device;
    private final int vocabulary;
    private final Tensor historyStarts;
    private final Tensor history;
    private final Tensor seeds;
    private final Tensor counters;
    private final Tensor tokens;
    private final Tensor logProbs;
    private final Tensor workspace;

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
        long bytes = device.ask((same, answer) -> same.call(Ops.SAMPLE_WORKSPACE).i64("rows", rows).i64("vocabulary", vocabulary)
            .at("bytes", answer).run());
        workspace = plan.reserve(Purpose.CACHE, "sample.workspace", DType.U8, Math.max(1, bytes));
    }

    /** Draws for the first rows of {@code logits}; {@code probabilities} gets the processed distributions, or is {@link Region#NONE}. */
    public List<Drawn> draw(Tensor logits, List<Row> rows, SamplingParameters parameters, Region probabilities) {
        boolean penalised = parameters.repetitionPenalty() != 1;
        if (penalised) {
            uploadHistories(rows);
        }
        uploadStreams(rows, parameters.seed());
        device.call(Ops.SAMPLE).i64("rows", rows.size()).i64("vocabulary", vocabulary).i64("top_k", parameters.topK())
            .at("logits", logits.region()).at("allowed", Region.NONE).at("history_starts", penalised ? historyStarts.region() : Region.NONE)
            .at("history", penalised ? history.region() : Region.NONE).at("seeds", seeds.region()).at("counters", counters.region())
            .at("tokens", tokens.region()).at("log_prob", logProbs.region()).at("probabilities", probabilities)
            .at("workspace", workspace.region()).i64("workspace_bytes", workspace.bytes()).f32("temperature", parameters.temperature())
            .f32("top_p", parameters.topP()).f32("min_p", parameters.minP()).f32("repetition_penalty", parameters.repetitionPenalty())
            .run();
        var drawn = new int[rows.size()];
        var scores = new float[rows.size()];
        device.download(tokens, drawn);
        device.download(logProbs, scores);
        var result = new ArrayList<Drawn>(drawn.length);
        for (int i = 0; i < drawn.length; i++) {
            result.add(new Drawn(drawn[i], scores[i]));
        }
        return result;
    }

    /** Each row's stream of random numbers and its place there. */
    private void uploadStreams(List<Row> rows, long seed) {
        var streams = new long[rows.size()];
        var places = new long[rows.size()];
        for (int i = 0; i < streams.length; i++) {
            streams[i] = mix(seed, rows.get(i).sequence());
            places[i] = rows.get(i).position();
        }
        device.upload(streams, seeds);
        device.upload(places, counters);
    }

    private void uploadHistories(List<Row> rows) {
        var starts = new int[rows.size() + 1];
        for (int i = 0; i < rows.size(); i++) {
            starts[i + 1] = starts[i] + rows.get(i).history().length;
        }
        device.upload(starts, historyStarts);
        device.upload(rows.stream().flatMapToInt(row -> java.util.Arrays.stream(row.history())).toArray(), history);
    }

    /** A sequence's own seed: the finaliser of SplitMix64 (Steele et al. 2014) over the run's seed and the sequence's number. */
    private static long mix(long seed, long sequence) {
        long z = seed + (sequence + 1) * 0x9E3779B97F4A7C15L;
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }
}
