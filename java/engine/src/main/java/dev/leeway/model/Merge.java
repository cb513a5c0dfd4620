package dev.leeway.model;

import dev.leeway.LeewayException;
import dev.leeway.ffi.DType;
import dev.leeway.io.AdapterDirectory;
import dev.leeway.objective.Column;
import dev.leeway.tensor.Device;
import dev.leeway.tensor.MemoryPlan;
import dev.leeway.tensor.MemoryPlan.Purpose;
import dev.leeway.tensor.Tensor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Makes an adapter part of its base model: merges, saves, loads what was saved, and compares it with base and adapter side by side, by
 * their logits or, of a reward model, by their scores.
 */
public final class Merge {

    /**
     * What the comparison found over all positions of the probes and the whole vocabulary, or over the scores of the probes.
     *
     * @param largestDifference |logit of the merged model − logit of base and adapter|
     * @param largestLogit of base and adapter, by magnitude: what the difference is to be seen against
     */
    public record Difference(double largestDifference, double largestLogit) {
    }

    private final ModelDirectory base;
    private final AdapterDirectory adapter;
    private final Device device;

    /** A merge of an adapter into the base model that it was trained on; for a reward model's adapter that is a reward model too. */
    public Merge(ModelDirectory base, AdapterDirectory adapter, Device device) {
        this.base = base;
        this.adapter = adapter;
        this.device = device;
    }

    /** Writes the merged model to {@code target}, which must not hold a model yet, and compares it on probes of token ids. */
    public Difference into(Path target, List<int[]> probes) {
        if (Files.exists(target.resolve("config.json"))) {
            throw LeewayException.usage("%s holds a model already; name another folder for the merged one", target);
        }
        var sequences = IntStream.range(0, probes.size()).mapToObj(i -> Batch.Sequence.allTrained(probes.get(i), i)).toList();
        if (sequences.isEmpty()) {
            throw LeewayException.usage("a merge needs at least one probe to be compared on");
        }
        var expected = merged(target, sequences);
        var written = ModelDirectory.open(target);
        try (var reloaded = new Probed(written.config(), Optional.empty(), sequences)) {
            written.loadInto(reloaded.model);
            return reloaded.compare(expected);
        }
    }

    /** Saves the merged model; returns the logits of each probe before it was merged. */
    private List<float[]> merged(Path target, List<Batch.Sequence> probes) {
        try (var adapted = new Probed(base.config(), Optional.of(adapter), probes)) {
            base.loadInto(adapted.model);
            ModelDirectory.loadAdapter(adapted.model, adapter);
            var logits = probes.stream().map(adapted::logits).toList();
            adapted.model.mergeAdapter();
            base.save(adapted.model, target);
            return logits;
        }
    }

    /** A model planned for one probe at a time, and room for its logits. */
    private final class Probed implements AutoCloseable {
        private final Llama model;
        private final Tensor logits;
        private final List<Batch.Sequence> probes;
        private final MemoryPlan.Allocation memory;

        Probed(ModelConfig config, Optional<AdapterDirectory> adapter, List<Batch.Sequence> probes) {
            this.probes = probes;
            int rows = probes.stream().mapToInt(probe -> probe.tokens().length).max().orElseThrow();
            var plan = new MemoryPlan();
            model = new Llama(config, rows, device,
                new ModelPlan(plan, Capacity.inference(rows, 1), ModelPlan.Trained.NOTHING, adapter.map(AdapterDirectory::config)));
            logits = plan.reserve(Purpose.HEAD, "probe.logits", DType.F32, config.isClassifier() ? 1 : rows, config.vocabSize());
            memory = plan.allocate(device);
            model.prepare();
        }

        /** (T·V), or the score. */
        float[] logits(Batch.Sequence probe) {
            var batch = Batch.of(List.of(probe));
            if (model.config().isClassifier()) {
                return new float[] {(float) model.score(batch, Set.of(Column.VALUE)).value()[0]};
            }
            int rows = batch.rows();
            model.forward(batch);
            model.logits(IntStream.range(0, rows).toArray(), rows, logits);
            return Arrays.copyOf(device.floats(logits), rows * model.config().vocabSize());
        }

        Difference compare(List<float[]> expected) {
            double difference = 0;
            double largest = 0; // Math.max lets NaN through
            for (int p = 0; p < expected.size(); p++) {
                var found = logits(probes.get(p));
                for (int i = 0; i < found.length; i++) {
                    difference = Math.max(difference, Math.abs((double) found[i] - expected.get(p)[i]));
                    largest = Math.max(largest, Math.abs(expected.get(p)[i]));
                }
            }
            return new Difference(difference, largest);
        }

        @Override
        public void close() {
            memory.close();
        }
    }
}
