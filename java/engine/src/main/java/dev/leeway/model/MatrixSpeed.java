package dev.leeway.model;

import dev.leeway.ffi.DType;
import dev.leeway.ffi.Ops;
import dev.leeway.ffi.Region;
import dev.leeway.tensor.Device;
import dev.leeway.tensor.MemoryPlan;
import dev.leeway.tensor.Tensor;
import java.util.List;

/**
 * How fast a device multiplies matrices: (512,1024) by (1024,1024), with 2·512·1024·1024 operations. A training reaches less, for it does
 * other things too, and narrow models much less.
 */
public final class MatrixSpeed {

    private static final int ROWS = 512;
    private static final int WIDTH = 1024;
    private static final double SECONDS = 0.3;
    private static final double NANO = 1e-9;

    private MatrixSpeed() {
    }

    /** Floating-point operations a second, taken over a third of a second behind one product that isn't counted. */
    public static double measure(Device device, DType dtype) {
        var plan = new MemoryPlan();
        var x = plan.reserve(MemoryPlan.Purpose.ACTIVATIONS, "x", dtype, ROWS, WIDTH);
        var dy = plan.reserve(MemoryPlan.Purpose.ACTIVATIONS, "dy", dtype, ROWS, WIDTH);
        var dweight = plan.reserve(MemoryPlan.Purpose.GRADIENTS, "dweight", DType.F32, WIDTH, WIDTH);
        try (var _ = plan.allocate(device)) {
            List.of(x, dy, dweight).forEach(device::zero);
            product(device, x, dy, dweight);
            device.synchronize();
            long began = System.nanoTime();
            int products = 0;
            double seconds;
            do {
                product(device, x, dy, dweight);
                device.synchronize();
                products++;
                seconds = (System.nanoTime() - began) * NANO;
            } while (seconds < SECONDS);
            return 2.0 * ROWS * WIDTH * WIDTH * products / seconds;
        }
    }

    private static void product(Device device, Tensor x, Tensor dy, Tensor dweight) {
        var call = device.call(Ops.LINEAR_BACKWARD_WEIGHT).i64("rows", ROWS).i64("in", WIDTH).i64("out", WIDTH);
        LoraAdapter.describeNone(call);
        call.at("x", x.region()).at("dy", dy.region()).at("xa", Region.NONE).at("dyb", Region.NONE).at("dweight", dweight.region())
            .at("dbias", Region.NONE).at("da", Region.NONE).at("db", Region.NONE).at("dropped", Region.NONE).dtype("dtype", x.dtype())
            .dtype("gradient_dtype", DType.F32).run();
    }
}
