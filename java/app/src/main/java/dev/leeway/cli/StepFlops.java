package dev.leeway.cli;

import dev.leeway.model.Batch;
import dev.leeway.model.ModelConfig;
import dev.leeway.model.Parameter;
import dev.leeway.objective.Scope;
import java.util.List;

/**
 * Floating-point operations of matrix products in an optimiser step, a multiplication and an addition counted as two. With P weights in the
 * matrices of the layers, A in the adapter, heads H of dimension D, hidden size C, vocabulary V:
 * <ul>
 * <li>matrices: {@code tokens · P · (2 forward + 2 input gradient + 2 weight gradient where trained)};
 * <li>adapter: {@code tokens · A · 6};
 * <li>attention: {@code pairs · H · D · layers · (4 forward + 8 backward)}, pairs of a query and a key that it sees;
 * <li>head: {@code trained tokens · V · C · (2 forward + 2 again on the way back + 2 input gradient + 2 weight gradient if trained)}.
 * </ul>
 * The head of a reward model is one row of C weights and reads one token a sequence: V is 1, and its trained tokens are the sequences. A
 * pass that only measures or compares takes what is forward alone; a reference that is computed in the step goes wherever the policy goes,
 * without an adapter. What attention computes again on the way back, norms, activations and the optimiser are left out.
 *
 * @param matrices of the layers
 * @param adapter low-rank terms
 * @param attention products of queries, keys and values
 * @param head over the vocabulary
 */
record StepFlops(double matrices, double adapter, double attention, double head) {

    static final String FORMULA = "matrices tokens·P·(4, or 6 trained) + adapter tokens·A·6 + attention pairs·H·D·layers·12 "
        + "+ head trained tokens·V·C·(6, or 8 trained); 2, 2, 4 and 2 where a pass is only forward";
    private static final StepFlops NONE = new StepFlops(0, 0, 0, 0);

    /** Those of a step in which the task's model is trained on these micro-batches. */
    static StepFlops of(ModelConfig config, List<Parameter> parameters, Task task, List<Batch> step) {
        boolean full = parameters.stream().noneMatch(Parameter::isAdapter);
        boolean measures = task.objective().scope() == Scope.BATCH;
        boolean compares = task.compared().filter(reference -> !reference.precomputed()).isPresent();
        var sum = NONE;
        for (var batch : step) {
            boolean trained = task.objective().trains(batch.objectiveTargets());
            boolean measured = measures && task.objective().measures(batch.objectiveTargets());
            var forward = once(config, parameters, batch);
            var base = new StepFlops(forward.matrices, 0, forward.attention, forward.head);
            int passes = (trained ? 1 : 0) + (measured ? 1 : 0);
            sum = sum.plus(measured ? forward : NONE).plus(base.times(compares ? passes : 0)).plus(!trained ? NONE
                : new StepFlops(forward.matrices * (full ? 3 : 2), forward.adapter * 3, forward.attention * 3,
                    forward.head * (full ? 4 : 3)));
        }
        return sum;
    }

    /** A forward pass over a batch. */
    private static StepFlops once(ModelConfig config, List<Parameter> parameters, Batch batch) {
        double matrices = parameters.stream().filter(parameter -> parameter.name().endsWith("_proj.weight"))
            .mapToDouble(StepFlops::count).sum();
        double adapter = parameters.stream().filter(Parameter::isAdapter).mapToDouble(StepFlops::count).sum();
        var heads = config.attention();
        return new StepFlops(2.0 * batch.rows() * matrices, 2 * batch.rows() * adapter,
            4.0 * heads.heads() * heads.headDim() * pairs(config, batch),
            2.0 * config.hiddenSize() * (config.isClassifier() ? batch.sequences()
                : (double) batch.trainedRows().length * config.vocabSize()));
    }

    private StepFlops plus(StepFlops more) {
        return new StepFlops(matrices + more.matrices, adapter + more.adapter, attention + more.attention, head + more.head);
    }

    private StepFlops times(int factor) {
        return new StepFlops(matrices * factor, adapter * factor, attention * factor, head * factor);
    }

    double total() {
        return matrices + adapter + attention + head;
    }

    private static double count(Parameter parameter) {
        return parameter.value().count();
    }

    /** Pairs of a query and a key that it sees, over all layers: attention is causal, inside a sequence and perhaps inside a window. */
    private static double pairs(ModelConfig config, Batch batch) {
        double pairs = 0;
        for (var layer : config.layers()) {
            for (int position : batch.positions()) {
                pairs += layer.window() == 0 ? position + 1 : Math.min(position + 1, layer.window());
            }
        }
        return pairs;
    }
}
