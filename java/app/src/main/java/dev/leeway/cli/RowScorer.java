package dev.leeway.cli;

import dev.leeway.data.Example;
import dev.leeway.ffi.DType;
import dev.leeway.rollout.InferenceSession;
import dev.leeway.rollout.Scorer;
import dev.leeway.tensor.Device;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.stream.IntStream;

/** Scores rows in their order, some at a time, with a model and the one that it is compared with, if any. */
final class RowScorer {

    private final ScoringModel model;
    private final Optional<ScoringModel> reference;
    private final DType dtype;
    private final Device device;

    RowScorer(ScoringModel model, Optional<ScoringModel> reference, DType dtype, Device device) {
        this.model = model;
        this.reference = reference;
        this.dtype = dtype;
        this.device = device;
    }

    /** Hands every row that is scored to {@code use}, {@code batchSize} rows at once. */
    void score(List<ScoreRow> rows, int batchSize, BiConsumer<ScoreRow, Optional<RowScore>> use) {
        var batches = IntStream.iterate(0, from -> from < rows.size(), from -> from + batchSize)
            .mapToObj(from -> rows.subList(from, Math.min(rows.size(), from + batchSize))).toList();
        if (rows.stream().allMatch(row -> row.sequences().isEmpty())) {
            rows.forEach(row -> use.accept(row, Optional.empty()));
            return;
        }
        model.open(size(batches), dtype, device, session -> {
            if (reference.isEmpty()) {
                batches.forEach(batch -> hand(batch, said(session, Optional.empty(), texts(batch)), use));
            } else {
                reference.get().open(size(batches), dtype, device, other ->
                    batches.forEach(batch -> hand(batch, said(session, Optional.of(other), texts(batch)), use)));
            }
        });
    }

    private static List<Example> texts(List<ScoreRow> batch) {
        return batch.stream().flatMap(row -> row.sequences().stream()).toList();
    }

    private static InferenceSession.Size size(List<List<ScoreRow>> batches) {
        int longest = batches.stream().flatMap(batch -> texts(batch).stream()).mapToInt(Example::length).max().orElseThrow();
        int tokens = batches.stream().mapToInt(batch -> texts(batch).stream().mapToInt(Example::length).sum()).max().orElseThrow();
        int texts = batches.stream().mapToInt(batch -> texts(batch).size()).max().orElseThrow();
        return new InferenceSession.Size(longest, texts, tokens);
    }

    private static void hand(List<ScoreRow> batch, List<RowScore.Said> said, BiConsumer<ScoreRow, Optional<RowScore>> use) {
        int next = 0;
        for (var row : batch) {
            int count = row.sequences().size();
            use.accept(row, count == 0 ? Optional.empty() : Optional.of(new RowScore(said.subList(next, next + count))));
            next += count;
        }
    }

    private List<RowScore.Said> said(InferenceSession session, Optional<InferenceSession> other, List<Example> texts) {
        var said = new ArrayList<RowScore.Said>();
        if (model.isReward()) {
            var scores = session.rewardScorer().score(texts.stream().map(Example::tokens).toList());
            for (int i = 0; i < scores.length; i++) {
                said.add(new RowScore.Reward(scores[i], texts.get(i).length()));
            }
            return said;
        }
        var own = logProbs(session, texts);
        var others = other.map(compared -> logProbs(compared, texts));
        for (int i = 0; i < texts.size(); i++) {
            int index = i;
            said.add(new RowScore.LogProbs(RowScore.asked(texts.get(i)), own.get(i), others.map(all -> all.get(index))));
        }
        return said;
    }

    /** ln p of the tokens in each text's mask. */
    private static List<double[]> logProbs(InferenceSession session, List<Example> texts) {
        var scores = session.scorer().score(texts.stream().map(RowScorer::item).toList());
        return IntStream.range(0, texts.size()).mapToObj(i -> masked(texts.get(i), scores.get(i))).toList();
    }

    /** All from the first token that is asked about. */
    private static Scorer.Item item(Example text) {
        int first = first(text);
        return new Scorer.Item(Arrays.copyOf(text.tokens(), first), Arrays.copyOfRange(text.tokens(), first, text.length()));
    }

    private static int first(Example text) {
        return IntStream.range(0, text.length()).filter(t -> text.mask()[t]).findFirst().orElseThrow();
    }

    private static double[] masked(Example text, Scorer.Score score) {
        int first = first(text);
        return IntStream.range(first, text.length()).filter(t -> text.mask()[t]).mapToDouble(t -> score.logProbs()[t - first]).toArray();
    }
}
