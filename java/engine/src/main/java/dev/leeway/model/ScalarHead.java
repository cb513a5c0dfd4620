package dev.leeway.model;

import dev.leeway.LeewayException;
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
 * not the padding token; where a tokenizer pads with end-of-sequence, that is the token before the end. A value model reads it at every
 * position that the mask scores instead ({@link Column#TOKEN_VALUE}); its capacity in sequences is that in such positions.
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
    private final int[] readRows;
    private Column column = Column.VALUE;
    private int read;
    private int batchRows;

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
        readRows = new int[narrow.length];
    }

    @Override
    public void begin(Device device, Batch batch, Set<Column> columns) {
        column = columns.contains(Column.TOKEN_VALUE) ? Column.TOKEN_VALUE : Column.VALUE;
        batchRows = batch.rows();
        read = column == Column.VALUE ? chooseLast(batch) : chooseMasked(batch);
        device.upload(readRows, read, rowIndex);
    }

    @Override
    public Calls calls() {
        return new Calls(read, 0, 0, 1);
    }

    @Override
    public void forward(Device device, Tensor output) {
        device.call(Ops.GATHER_ROWS).i64("rows", read).i64("width", hidden).i64("source_rows", batchRows)
            .at("index", rowIndex.region()).at("source", output.region()).at("destination", x.region()).dtype("dtype", x.dtype()).run();
        begin(device, Ops.SCALAR_HEAD_FORWARD).at("bias", Linear.region(bias.map(Parameter::value))).at("value", values.region())
            .dtype("dtype", x.dtype()).run();
    }

    @Override
    public void read(Device device, TokenScores scores) {
        device.download(values, narrow, read);
        var all = scores.room(column, column == Column.VALUE ? read : batchRows);
        for (int i = 0; i < read; i++) {
            all[place(i)] = narrow[i];
        }
    }

    private int chooseLast(Batch batch) {
        for (int s = 0; s < batch.sequences(); s++) {
            readRows[s] = lastRow(batch, s);
        }
        return batch.sequences();
    }

    private int chooseMasked(Batch batch) {
        int count = 0;
        for (int n = 0; n < batch.rows(); n++) {
            if (batch.mask()[n] && count == readRows.length) {
                throw LeewayException.usage("a value model that was planned for %d values is asked for more; plan it for as many "
                    + "sequences as a micro-batch has positions", readRows.length);
            }
            if (batch.mask()[n]) {
                readRows[count++] = n;
            }
        }
        return count;
    }

    /** Where the entry of the i-th row that is read stands in the column. */
    private int place(int i) {
        return column == Column.VALUE ? i : readRows[i];
    }

    @Override
    public void take(Device device, TokenGradients gradients) {
        var slopes = gradients.column(column).orElseThrow();
        for (int i = 0; i < read; i++) {
            narrow[i] = (float) slopes[place(i)];
        }
        device.upload(narrow, read, weights);
    }

    @Override
    public void backward(Device device, Tensor outputGradient) {
        begin(device, Ops.SCALAR_HEAD_BACKWARD).at("w_value", weights.region()).at("dx", dx.region())
            .at("dweight", Linear.region(weight.gradient())).at("dbias", Linear.region(bias.flatMap(Parameter::gradient)))
            .dtype("dtype", x.dtype()).run();
        device.call(Ops.SCATTER_ROWS).i64("rows", read).i64("width", hidden).i64("destination_rows", outputGradient.size(0))
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
        return device.call(op).i64("rows", read).i64("hidden", hidden).at("x", x.region()).at("weight", weight.value().region());
    }
}
