package dev.leeway.cli;

import dev.leeway.model.Batch;
import dev.leeway.model.ModelConfig;
import dev.leeway.model.Parameter;
import java.util.List;

/**
 * Floating-point operations of matrix products in an optimiser step, a multiplication and an addition counted as two. With P weights in the
 * matrices of the layers, A in the adapter, heads H of dimension D, hidden size C, vocabulary V:
 * <ul>
 * <li>matrices: {@code tokens · P · (2 forward + 2 input gradient + 2 weight gradient where trained)};
 * <li>adapter: {@code tokens · A · 6};
 * <li>attention: {@code pairs · H · D · layers · (4 forward + 8 backward)}, pairs of a query and a key that it sees;
 * <li>head: {@code trained tokens · V · C · (2 forward + 2 again on the way back + 2 input gradient + 2 weight gradient where trained)}.
 * </ul>
 * What attention computes again on the way back, norms, activations and the optimiser are left out.
 *
 * @param matrices of the layers
 * @param adapter low-rank terms
 * @param attention products of queries, keys and values
 * @param head over the vocabulary
 */
record StepFlops(double matrices, double adapter, double attention, double head) {

    static final String FORMULA = "matrices tokens·P·(4, or 6 trained) + adapter tokens·A·6 + attention pairs·H·D·layers·12 "
        + "+ head trained tokens·V·C·(6, or 8 trained)";

    static StepFlops of(ModelConfig config, List<Parameter> parameters, List<Batch> step) {
        boolean full = parameters.stream().noneMatch(Parameter::isAdapter);
        double tokens = step.stream().mapToLong(Batch::rows).sum();
        double scored = step.stream().mapToLong(batch -> batch.trainedRows().length).sum();
        double matrices = parameters.stream().filter(parameter -> parameter.name().endsWith("_proj.weight"))
            .mapToDouble(StepFlops::count).sum();
        double adapter = parameters.stream().filter(Parameter::isAdapter).mapToDouble(StepFlops::count).sum();
        var heads = config.attention();
        return new StepFlops(tokens * matrices * (full ? 6 : 4), tokens * adapter * 6,
            12.0 * heads.heads() * heads.headDim() * pairs(config, step),
            scored * config.vocabSize() * config.hiddenSize() * (full ? 8 : 6));
    }

    double total() {
        return matrices + adapter + attention + head;
    }

    private static double count(Parameter parameter) {
        return parameter.value().count();
    }

    /** Pairs of a query and a key that it sees, over all layers: attention is causal, inside a sequence and perhaps inside a window. */
    private static double pairs(ModelConfig config, List<Batch> step) {
        double pairs = 0;
        for (var layer : config.layers()) {
            for (var batch : step) {
                for (int position : batch.positions()) {
                    pairs += layer.window() == 0 ? position + 1 : Math.min(position + 1, layer.window());
                }
            }
        }
        return pairs;
    }
}
