package dev.leeway.model;

import dev.leeway.ffi.Call;
import dev.leeway.ffi.DType;
import dev.leeway.ffi.Ops;
import dev.leeway.ffi.Region;
import dev.leeway.tensor.Device;
import dev.leeway.tensor.Tensor;
import java.util.Optional;

/** y = x Wᵀ + bias + low-rank term, for {@code rows} rows: W (O,I), bias (O). */
final class Linear {

    private final int in;
    private final int out;
    private final Parameter weight;
    private final Optional<Parameter> bias;
    private final Optional<Tensor> biasValue;
    private final Optional<LoraAdapter> adapter;
    private final PackedWeights packed;

    /**
     * A layer under its module name, such as {@code model.layers.0.self_attn.q_proj}; the adapter's configuration decides whether it has a
     * low-rank term.
     */
    Linear(String module, int in, int out, boolean hasBias, ModelPlan plan) {
        this.in = in;
        this.out = out;
        this.weight = plan.base(module + ".weight", out, in);
        this.bias = hasBias ? Optional.of(plan.base(module + ".bias", out)) : Optional.empty();
        this.biasValue = bias.map(Parameter::value);
        this.packed = plan.packedWeights();
        packed.add(weight.value());
        this.adapter = plan.lora(module).map(config -> new LoraAdapter(module, in, out, config, plan));
        adapter.ifPresent(lora -> plan.dropout().add(in));
    }

    void forward(Device device, long rows, Tensor x, Tensor y) {
        var call = begin(device.call(Ops.LINEAR_FORWARD), rows);
        packed.describe(call, weight.value());
        describeAdapter(call);
        call.at("bias", region(biasValue)).at("x", x.region()).at("y", y.region()).at("xa", xa()).at("dropped", dropped())
            .i32("accumulate", 0).dtype("dtype", x.dtype()).run();
    }

    /** Writes (or, accumulating, adds) ∂loss/∂x to dx and adds the gradients of the trained parameters. dyb (N, R) is scratch. */
    void backward(Device device, Rows rows, Tensor x, Tensor dy, Tensor dx) {
        backwardInput(device, rows, dy, dx);
        backwardWeight(device, rows, x, dy);
    }

    /**
     * What the backward products of one call share.
     *
     * @param count rows of x and dy
     * @param dyb scratch for dy B
     * @param accumulate whether dx is added to
     */
    record Rows(long count, Tensor dyb, boolean accumulate) {
    }

    private void backwardInput(Device device, Rows rows, Tensor dy, Tensor dx) {
        var call = begin(device.call(Ops.LINEAR_BACKWARD_INPUT), rows.count());
        packed.describe(call, weight.value());
        describeAdapter(call);
        call.at("dy", dy.region()).at("dx", dx.region()).at("dyb", dyb(rows)).at("dropped", dropped())
            .i32("accumulate", rows.accumulate() ? 1 : 0).dtype("dtype", dx.dtype()).run();
    }

    private void backwardWeight(Device device, Rows rows, Tensor x, Tensor dy) {
        var da = active().flatMap(lora -> lora.a().gradient());
        var db = active().flatMap(lora -> lora.b().gradient());
        if (weight.gradient().isEmpty() && da.isEmpty()) {
            return;
        }
        var call = begin(device.call(Ops.LINEAR_BACKWARD_WEIGHT), rows.count());
        describeAdapter(call);
        call.at("x", x.region()).at("dy", dy.region()).at("xa", xa())
            .at("dyb", dyb(rows)).at("dweight", region(weight.gradient())).at("dbias", region(bias.flatMap(Parameter::gradient)))
            .at("da", region(da)).at("db", region(db)).at("dropped", dropped())
            .dtype("dtype", x.dtype()).dtype("gradient_dtype", DType.F32).run();
    }

    /** W += s B A: the low-rank term becomes part of the weight. */
    void merge(Device device) {
        adapter.ifPresent(lora -> lora.merge(device, weight.value()));
    }

    private Optional<LoraAdapter> active() {
        return adapter.filter(LoraAdapter::isActive);
    }

    private Region xa() {
        return active().isPresent() ? adapter.get().xa().region() : Region.NONE;
    }

    private Region dyb(Rows rows) {
        return active().isPresent() ? rows.dyb().region() : Region.NONE;
    }

    private Call begin(Call call, long rows) {
        return call.i64("rows", rows).i64("in", in).i64("out", out);
    }

    private void describeAdapter(Call call) {
        if (adapter.isPresent()) { // without a lambda that would be allocated for every product
            adapter.get().describe(call);
        } else {
            LoraAdapter.describeNone(call);
        }
    }

    private Region dropped() {
        return active().isPresent() ? adapter.get().dropped() : Region.NONE;
    }

    /** Where a tensor is, or nowhere. Here and in all that a pass calls, nothing is mapped: the result would be allocated. */
    static Region region(Optional<Tensor> tensor) {
        return tensor.isPresent() ? tensor.get().region() : Region.NONE;
    }
}
