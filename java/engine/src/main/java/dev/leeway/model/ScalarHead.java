package dev.leeway.model;

import dev.leeway.ffi.Call;
import dev.leeway.ffi.DType;
import dev.leeway.ffi.Op;
import dev.leeway.ffi.Ops;
import dev.leeway.objective.Column;
import dev.leeway.objective.TokenGradients;
import dev.leeway.objective.TokenScores;
import dev.leeway.tensor.Device;
import dev.leeway.tensor.MemoryPlan.Purpose;
import dev.leeway.tensor.Tensor;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * One number a sequence: {@code score} of transformers' {@code …ForSequenceClassification}. Like there it is read at the last token that is
 * not the padding token; where a tokenizer pads with end-of-sequence, that is the token before the end.
 */
final class ScalarHead implements Head {

    static final String MODULE = "score";

    private final int hidden;
    private final OptionalInt padTokenId;
    private final Parameter weight;
    private final Optional<Parameter> bias;
    private final Tensor rowIndex;
    private final Tensor x;
    private final Tensor dx;
    private final Tensor values;
    private final Tensor weights;
    private final float[] narrow;
    private final int[] lastRows;
    private int sequences;

    ScalarHead(ModelConfig config, ModelPlan plan) {
        hidden = config.hiddenSize();
        var score = config.score().orElseThrow();
        padTokenId = score.padTokenId();
        weight = plan.base(MODULE + ".weight", 1, hidden);
        bias = score.bias() ? Optional.of(plan.base(MODULE + ".bias", 1)) : Optional.empty();
        long capacity = plan.capacity().sequences();
        rowIndex = plan.buffer(Purpose.HEAD, "score.rows", DType.I32, capacity);
        x = plan.buffer(Purpose.HEAD, "score.x", plan.dtype(), capacity, hidden);
        dx = plan.buffer(Purpose.HEAD, "score.dx", plan.dtype(), capacity, hidden);
        values = plan.buffer(Purpose.HEAD, "score.values", DType.F32, capacity);
        weights = plan.buffer(Purpose.HEAD, "score.weights", DType.F32, capacity);
        narrow = new float[Math.toIntExact(capacity)];
        lastRows = new int[narrow.length];
    }

    @Override
    public void score(Device device, Batch batch, Tensor output, Set<Column> columns, TokenScores scores) {
        sequences = batch.sequences();
        for (int s = 0; s < sequences; s++) {
            lastRows[s] = lastRow(batch, s);
        }
        device.upload(lastRows, sequences, rowIndex);
        device.call(Ops.GATHER_ROWS).i64("rows", sequences).i64("width", hidden).i64("source_rows", batch.rows())
            .at("index", rowIndex.region()).at("source", output.region()).at("destination", x.region()).dtype("dtype", x.dtype()).run();
        begin(device, Ops.SCALAR_HEAD_FORWARD).at("bias", Linear.region(bias.map(Parameter::value))).at("value", values.region())
            .dtype("dtype", x.dtype()).run();
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
            .at("dweight", Linear.region(weight.gradient())).at("dbias", Linear.region(bias.flatMap(Parameter::gradient)))
            .dtype("dtype", x.dtype()).run();
        device.call(Ops.SCATTER_ROWS).i64("rows", sequences).i64("width", hidden).i64("destination_rows", outputGradient.size(0))
            .at("index", rowIndex.region()).at("source", dx.region()).at("destination", outputGradient.region()).dtype("dtype", dx.dtype())
            .run();
    }

    /** The first row of a sequence of nothing but padding, as in transformers. */
    private int lastRow(Batch batch, int s) {
        int first = batch.sequenceStarts()[s];
        int row = batch.sequenceStarts()[s + 1] - 1;
        if (padTokenId.isPresent()) {
            while (row > first && batch.tokens()[row] == padTokenId.getAsInt()) {
                row--;
            }
        }
        return row;
    }

    private Call begin(Device device, Op op) {
        return device.call(op).i64("rows", sequences).i64("hidden", hidden).at("x", x.region()).at("weight", weight.value().region());
    }
}
