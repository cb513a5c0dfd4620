package dev.leeway.model;

import dev.leeway.ffi.Ops;
import dev.leeway.tensor.Device;
import dev.leeway.tensor.Tensor;
import java.util.stream.Stream;

/** down(activation(gate(x)) · up(x)): Shazeer 2020, eq. 6. */
final class MlpBlock {

    private final Linear gate;
    private final Linear up;
    private final Linear down;
    private final ModelConfig config;

    MlpBlock(String module, ModelConfig config, ModelPlan plan) {
        this.config = config;
        gate = new Linear(module + ".gate_proj", config.hiddenSize(), config.intermediateSize(), config.mlpBias(), plan);
        up = new Linear(module + ".up_proj", config.hiddenSize(), config.intermediateSize(), config.mlpBias(), plan);
        down = new Linear(module + ".down_proj", config.intermediateSize(), config.hiddenSize(), config.mlpBias(), plan);
    }

    Stream<Linear> linears() {
        return Stream.of(gate, up, down);
    }

    void forward(Device device, long rows, LayerActivations a) {
        gate.forward(device, rows, a.mlpInput.y(), a.gate);
        up.forward(device, rows, a.mlpInput.y(), a.up);
        device.call(Ops.GLU_FORWARD).i64("count", rows * config.intermediateSize()).at("gate", a.gate.region()).at("up", a.up.region())
            .at("y", a.activated.region()).i32("activation", config.activation().ordinal()).dtype("dtype", a.activated.dtype()).run();
        down.forward(device, rows, a.activated, a.mlpOutput.x());
    }

    /** From dOutput, the gradient of mlpOutput.x, to scratch.input. Overwrites gate and up with their gradients. */
    void backward(Device device, long rows, LayerActivations a, Tensor dOutput, BackwardScratch scratch) {
        down.backward(device, scratch.written(), a.activated, dOutput, scratch.activated);
        device.call(Ops.GLU_BACKWARD).i64("count", rows * config.intermediateSize()).at("gate", a.gate.region()).at("up", a.up.region())
            .at("dy", scratch.activated.region()).at("dgate", a.gate.region()).at("dup", a.up.region())
            .i32("activation", config.activation().ordinal()).dtype("dtype", a.gate.dtype()).run();
        gate.backward(device, scratch.written(), a.mlpInput.y(), a.gate, scratch.input);
        up.backward(device, scratch.added(), a.mlpInput.y(), a.up, scratch.input);
    }
}
