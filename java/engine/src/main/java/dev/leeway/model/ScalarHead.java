package dev.leeway.model;

import dev.leeway.ffi.Call;
import dev.leeway.ffi.DType;
import dev.leeway.ffi.Op;
import dev.leeway.ffi.Ops;
import dev.leeway.ffi.Region;
import dev.leeway.objective.Column;
import dev.leeway.objective.TokenGradients;
import dev.leeway.objective.TokenScores;
import dev.leeway.tensor.Device;
import dev.leeway.tensor.MemoryPlan.Purpose;
import dev.leeway.tensor.Tensor;
import java.util.Set;

/** One number a sequence, read at its last real token: {@code score} of transformers' {@code …ForSequenceClassification}. */
final class ScalarHead implements Head {

    private final int hidden;
    private final Parameter weight;
    private final Tensor rowIndex;
    private final Tensor x;
    private final Tensor dx;
    private final Tensor values;
    private final Tensor weights;
    private final float[] narrow;
    private int sequences;

    ScalarHead(ModelConfig config, ModelPlan plan) {
        hidden = config.hiddenSize();
        weight = plan.base("score.weight", 1, hidden);
        long capacity = plan.capacity().sequences();
        rowIndex = plan.buffer(Purpose.HEAD, "score.rows", DType.I32, capacity);
        x = plan.buffer(Purpose.HEAD, "score.x", plan.dtype(), capacity, hidden);
        dx = plan.buffer(Purpose.HEAD, "score.dx", plan.dtype(), capacity, hidden);
        values = plan.buffer(Purpose.HEAD, "score.values", DType.F32, capacity);
        weights = plan.buffer(Purpose.HEAD, "score.weights", DType.F32, capacity);
        narrow = new float[Math.toIntExact(capacity)];
    }

    @Override
    public void score(Device device, Batch batch, Tensor output, Set<Column> columns, TokenScores scores) {
        sequences = batch.sequences();
        device.upload(batch.lastRows(), rowIndex);
        device.call(Ops.GATHER_ROWS).i64("rows", sequences).i64("width", hidden).i64("source_rows", batch.rows())
            .at("index", rowIndex.region()).at("source", output.region()).at("destination", x.region()).dtype("dtype", x.dtype()).run();
        begin(device, Ops.SCALAR_HEAD_FORWARD).at("bias", Region.NONE).at("value", values.region()).dtype("dtype", x.dtype()).run();
        device.download(values, narrow, sequences);
        var column = scores.room(Column.VALUE, sequences);
        for (int s = 0; s < sequences; s++) {
            column[s] = narrow[s];
        }
    }

    @Override
    public void backward(Device device, TokenGradients gradients, Tensor outputGradient) {
        var column = gradients.column(Column.VALUE).orElseThrow();
        for (int s = 0; s < sequences; s++) {
            narrow[s] = (float) column[s];
        }
        device.upload(narrow, sequences, weights);
        begin(device, Ops.SCALAR_HEAD_BACKWARD).at("w_value", weights.region()).at("dx", dx.region())
            .at("dweight", Linear.region(weight.gradient())).at("dbias", Region.NONE).dtype("dtype", x.dtype()).run();
        device.call(Ops.SCATTER_ROWS).i64("rows", sequences).i64("width", hidden).i64("destination_rows", outputGradient.size(0))
            .at("index", rowIndex.region()).at("source", dx.region()).at("destination", outputGradient.region()).dtype("dtype", dx.dtype())
            .run();
    }

    private Call begin(Device device, Op op) {
        return device.call(op).i64("rows", sequences).i64("hidden", hidden).at("x", x.region()).at("weight", weight.value().region());
    }
}
