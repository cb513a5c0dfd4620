package dev.leeway.model;

import dev.leeway.LeewayException;
import dev.leeway.ffi.Call;
import dev.leeway.ffi.DType;
import dev.leeway.ffi.Ops;
import dev.leeway.ffi.Region;
import dev.leeway.io.AdapterConfig;
import dev.leeway.objective.Column;
import dev.leeway.objective.TokenGradients;
import dev.leeway.objective.TokenScores;
import dev.leeway.tensor.Device;
import dev.leeway.tensor.MemoryPlan.Purpose;
import dev.leeway.tensor.Tensor;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/**
 * The head over the vocabulary. It scores only the rows whose target is trained, tile by tile, and never holds N×V logits; what an
 * objective wants of a distribution comes back as columns, and what it answers goes in as their gradients.
 */
final class LanguageHead implements Head {

    private static final String MODULE = "lm_head";
    private static final Column[] PLANNED = {Column.LOG_PROB, Column.LOG_SUM_EXP, Column.ENTROPY, Column.SOFT_LOSS};
    private static final Column[] COLUMNS = {Column.LOG_PROB, Column.LOG_SUM_EXP, Column.ENTROPY, Column.SOFT_LOSS, Column.TARGET_LOSS};

    private final ModelConfig config;
    private final Parameter weight;
    private final Optional<LoraAdapter> adapter;
    private final PackedWeights packed;
    private final Tensor rowIndex;
    private final Tensor rowIds;
    private final Tensor targets;
    private final Tensor x;
    private final Tensor dx;
    private final Tensor workspace;
    private final TargetDistributions distributions;
    private final Tensor scores;
    private final Tensor half;
    private final Optional<Tensor> decodingIndex;
    private final Optional<Tensor> decodingX;
    private final Turns turns;
    private final Map<Column, Region> places = new EnumMap<>(Column.class);
    private final Map<Column, Tensor> weights = new EnumMap<>(Column.class);
    private double temperature = 1;
    private final int[] scoredRows;
    private final int[] scoredTargets;
    private final long[] scoredIds;
    private final float[] column;
    private Set<Column> wanted = Set.of();
    private int batchRows;
    private int given;
    private int scored;

    LanguageHead(ModelConfig config, Parameter embedding, Device device, ModelPlan plan) {
        this.config = config;
        weight = config.tieWordEmbeddings() ? embedding : plan.base("lm_head.weight", config.vocabSize(), config.hiddenSize());
        packed = plan.packedWeights();
        packed.add(weight.value());
        adapter = plan.lora(MODULE).map(lora -> new LoraAdapter(MODULE, config.hiddenSize(), config.vocabSize(), lora, plan));
        long rows = plan.capacity().rows();
        rowIndex = plan.buffer(Purpose.HEAD, "head.rows", DType.I32, rows);
        targets = plan.buffer(Purpose.HEAD, "head.targets", DType.I32, rows);
        x = plan.buffer(Purpose.HEAD, "head.x", plan.dtype(), rows, config.hiddenSize());
        turns = plan.turns();
        decodingIndex = plan.ofDecoding().map(other -> other.buffer(Purpose.CACHE, "decode.rows", DType.I32, other.capacity().rows()));
        decodingX = plan.ofDecoding().map(other -> other.activation("decode.x", config.hiddenSize()));
        dx = plan.buffer(Purpose.HEAD, "head.dx", plan.dtype(), plan.keepsActivations() ? rows : 1, config.hiddenSize());
        scores = plan.buffer(Purpose.HEAD, "head.scores", DType.F32, PLANNED.length, aligned(rows));
        half = plan.buffer(Purpose.HEAD, "head.half", DType.F32, rows);
        for (var column : PLANNED) {
            weights.put(column, plan.buffer(Purpose.HEAD, "head.weight." + column, DType.F32, plan.keepsActivations() ? rows : 1));
        }
        weights.put(Column.TARGET_LOSS, weights.get(Column.SOFT_LOSS)); // one pass has one of them
        distributions = new TargetDistributions(config.vocabSize(), plan);
        scoredRows = new int[Math.max(plan.capacity().rows(), plan.capacity().decodingRows())];
        scoredTargets = new int[plan.capacity().rows()];
        column = new float[Math.toIntExact(scores.count())];
        double dropout = plan.keepsActivations() ? plan.lora(MODULE).map(AdapterConfig::loraDropout).orElse(0.0) : 0;
        rowIds = plan.buffer(Purpose.HEAD, "head.row_ids", DType.I64, dropout > 0 ? rows : 0);
        scoredIds = new long[dropout > 0 ? scoredTargets.length : 0];
        workspace = plan.buffer(Purpose.HEAD, "head.workspace", DType.U8, Math.max(1, workspaceBytes(device, rows, dropout)));
    }

    /** Makes the head's low-rank term part of its weight. */
    void merge(Device device) {
        if (adapter.isPresent() && config.tieWordEmbeddings()) {
            throw LeewayException.usage("the adapter has a low-rank term of lm_head, which this model ties to its embeddings; merged, the "
                + "embeddings would change too: keep the adapter beside its base model");
        }
        adapter.ifPresent(lora -> lora.merge(device, weight.value()));
    }

    private boolean drops() {
        return adapter.filter(LoraAdapter::drops).isPresent();
    }

    private Optional<LoraAdapter> active() {
        return adapter.filter(LoraAdapter::isActive);
    }

    private long workspaceBytes(Device device, long rows, double dropout) {
        return device.ask((same, answer) -> same.call(Ops.HEAD_WORKSPACE).i64("rows", rows).i64("hidden", config.hiddenSize())
            .i64("vocabulary", config.vocabSize()).i64("rank", adapter.map(LoraAdapter::rank).orElse(0))
            .at("bytes", answer).dtype("dtype", x.dtype()).f32("dropout", dropout).run());
    }

    /** What logits are divided with in {@link #score} and its backward pass; 1 unless training follows a sampler. */
    void setTemperature(double value) {
        temperature = value;
    }

    double temperature() {
        return temperature;
    }

    @Override
    public void begin(Device device, Batch batch, Set<Column> columns) {
        choose(device, batch);
        wanted = columns;
        batchRows = batch.rows();
        given = 0;
        if (columns.contains(Column.TARGET_LOSS)) {
            teach(device, batch, columns);
        }
        place(columns);
    }

    @Override
    public Calls calls() {
        return new Calls(scored, bits(wanted), given, temperature);
    }

    private static int bits(Set<Column> columns) {
        int bits = 0;
        for (var kind : COLUMNS) {
            bits |= columns.contains(kind) ? 1 << kind.ordinal() : 0;
        }
        return bits;
    }

    @Override
    public void forward(Device device, Tensor output) {
        gather(device, batchRows, output, x);
        var soft = wanted.contains(Column.TARGET_LOSS) ? Column.TARGET_LOSS : Column.SOFT_LOSS;
        compute(device, wanted, this::placed, soft);
    }

    @Override
    public void read(Device device, TokenScores result) {
        device.download(scores, column, places.size() * aligned(scored));
        int at = 0;
        for (var kind : places.keySet()) {
            if (wanted.contains(kind)) {
                spread(at, result.room(kind, batchRows));
            }
            if (kind == Column.LOG_SUM_EXP && wanted.contains(Column.LOG_COLLISION)) {
                subtractTwice(at, result.room(Column.LOG_COLLISION, batchRows));
            }
            at += aligned(scored);
        }
        if (wanted.contains(Column.LOG_COLLISION)) {
            addAtHalfTemperature(device, result.column(Column.LOG_COLLISION));
        }
    }

    /** Puts the wanted columns, and the one that the way back always needs, behind each other: the host waits for all of them once. */
    private void place(Set<Column> columns) {
        places.clear();
        long stride = aligned(scored) * (long) Float.BYTES;
        for (var kind : COLUMNS) {
            if (kind == Column.LOG_SUM_EXP || columns.contains(kind)) {
                places.put(kind, scores.region().slice(places.size() * stride, (long) scored * Float.BYTES));
            }
        }
    }

    /** Columns start at multiples of 16 bytes. */
    private static int aligned(long rows) {
        return Math.toIntExact((rows + 3) / 4 * 4);
    }

    private Region placed(Column kind) {
        return places.getOrDefault(kind, Region.NONE);
    }

    private void compute(Device device, Set<Column> columns, Function<Column, Region> to, Column soft) {
        distributions.describe(describe(device.call(Ops.HEAD_FORWARD)), columns.contains(Column.SOFT_LOSS),
            columns.contains(Column.TARGET_LOSS)).at("x", x.region()).at("targets", targets.region())
            .at("log_prob", to.apply(Column.LOG_PROB)).at("log_sum_exp", to.apply(Column.LOG_SUM_EXP))
            .at("entropy", to.apply(Column.ENTROPY)).at("soft_loss", to.apply(soft)).at("arg_max", Region.NONE)
            .at("workspace", workspace.region()).i64("workspace_bytes", workspace.bytes()).dtype("dtype", x.dtype()).run();
    }

    private void teach(Device device, Batch batch, Set<Column> columns) {
        if (columns.contains(Column.SOFT_LOSS)) {
            throw LeewayException.usage("an objective compares tokens with the uniform distribution or with a teacher's, not with both; "
                + "set label_smoothing_factor to 0");
        }
        var teacher = batch.teacher().orElseThrow(() -> LeewayException.data("the batch has no target distributions; distillation reads "
            + "a teacher's probabilities of each trained token"));
        distributions.upload(device, teacher, scoredRows, scored);
    }

    /** log Σ p² = lse(2z) − 2 lse(z): the second term is there, and the first one is that at half the temperature. */
    private void addAtHalfTemperature(Device device, double[] all) {
        double kept = temperature;
        temperature = kept / 2;
        compute(device, Set.of(), kind -> kind == Column.LOG_SUM_EXP ? half.region() : Region.NONE, Column.SOFT_LOSS);
        temperature = kept;
        device.download(half, column, scored);
        for (int m = 0; m < scored; m++) {
            all[scoredRows[m]] += column[m];
        }
    }

    private void subtractTwice(int at, double[] all) {
        for (int m = 0; m < scored; m++) {
            all[scoredRows[m]] = -2 * column[at + m];
        }
    }

    /** The rows whose target is trained, their targets, and where rows drop at random, their identities. */
    private void choose(Device device, Batch batch) {
        scored = 0;
        for (int n = 0; n < batch.rows(); n++) {
            if (batch.mask()[n]) {
                scoredRows[scored] = n;
                scoredTargets[scored++] = batch.targets()[n];
            }
        }
        device.upload(scoredRows, scored, rowIndex);
        device.upload(scoredTargets, scored, targets);
        if (drops()) {
            batch.rowIds(scoredIds);
            for (int m = 0; m < scored; m++) {
                scoredIds[m] = scoredIds[scoredRows[m]]; // m is not behind its row
            }
            device.upload(scoredIds, scored, rowIds);
        }
    }

    @Override
    public void take(Device device, TokenGradients gradients) {
        given = 0;
        for (var kind : COLUMNS) {
            var values = gradients.column(kind);
            if (values.isPresent()) {
                given |= 1 << kind.ordinal();
                device.upload(compact(values.get()), scored, weights.get(kind));
            }
        }
    }

    @Override
    public void backward(Device device, Tensor outputGradient) {
        boolean taught = isGiven(Column.TARGET_LOSS);
        var call = distributions.describe(describe(device.call(Ops.HEAD_BACKWARD)), isGiven(Column.SOFT_LOSS), taught);
        call.at("x", x.region()).at("targets", targets.region()).at("log_sum_exp", placed(Column.LOG_SUM_EXP))
            .at("entropy", placed(Column.ENTROPY)).at("w_log_prob", given(Column.LOG_PROB)).at("w_lse", given(Column.LOG_SUM_EXP))
            .at("w_entropy", given(Column.ENTROPY)).at("w_soft", given(taught ? Column.TARGET_LOSS : Column.SOFT_LOSS))
            .at("dx", dx.region()).at("dweight", Linear.region(weight.gradient()))
            .at("lora_da", Linear.region(active().flatMap(lora -> lora.a().gradient())))
            .at("lora_db", Linear.region(active().flatMap(lora -> lora.b().gradient()))).at("workspace", workspace.region())
            .i64("workspace_bytes", workspace.bytes()).dtype("dtype", x.dtype()).dtype("gradient_dtype", DType.F32).run();
        device.call(Ops.SCATTER_ROWS).i64("rows", scored).i64("width", config.hiddenSize())
            .i64("destination_rows", outputGradient.size(0)).at("index", rowIndex.region()).at("source", dx.region())
            .at("destination", outputGradient.region()).dtype("dtype", x.dtype()).run();
    }

    private boolean isGiven(Column kind) {
        return (given >> kind.ordinal() & 1) == 1;
    }

    private Region given(Column kind) {
        return isGiven(kind) ? weights.get(kind).region() : Region.NONE;
    }

    /** The first {@code count} of these rows are those of the next {@link #logits}. */
    void choose(Device device, int[] rows, int count) {
        scored = count;
        System.arraycopy(rows, 0, scoredRows, 0, count);
        device.upload(scoredRows, scored, turns.choose(rowIndex, decodingIndex));
    }

    /** Logits (count, V) of the chosen rows of the decoder's output, soft-capped, before temperature. Uploads nothing. */
    void logits(Device device, long outputRows, Tensor output, Tensor logits) {
        var read = turns.choose(x, decodingX);
        gather(device, outputRows, output, read);
        describe(device.call(Ops.HEAD_LOGITS)).at("x", read.region()).at("logits", logits.region())
            .at("xa", active().isPresent() ? adapter.get().xa().region() : Region.NONE).dtype("dtype", x.dtype()).run();
    }

    private void gather(Device device, long rows, Tensor output, Tensor to) {
        device.call(Ops.GATHER_ROWS).i64("rows", scored).i64("width", config.hiddenSize()).i64("source_rows", rows)
            .at("index", turns.choose(rowIndex, decodingIndex).region()).at("source", output.region()).at("destination", to.region())
            .dtype("dtype", x.dtype()).run();
    }

    private Call describe(Call call) {
        call.i64("rows", scored).i64("hidden", config.hiddenSize()).i64("vocabulary", config.vocabSize());
        packed.describe(call, weight.value());
        if (adapter.isPresent()) {
            adapter.get().describe(call, drops() ? rowIds.region() : Region.NONE);
        } else {
            LoraAdapter.describeNone(call);
        }
        return call.at("allowed", Region.NONE).f32("softcap", config.finalLogitSoftcapping()).f32("temperature", temperature);
    }

    /** Brings each value of a column that was read to its row of all (N). */
    private void spread(int at, double[] all) {
        for (int m = 0; m < scored; m++) {
            all[scoredRows[m]] = column[at + m];
        }
    }

    /** The values (N) of the scored rows, one behind the other. */
    private float[] compact(double[] values) {
        for (int m = 0; m < scored; m++) {
            column[m] = (float) values[scoredRows[m]];
        }
        return column;
    }
}
