package dev.leeway.bench.ops;

import dev.leeway.ffi.Call;
import dev.leeway.ffi.DType;
import dev.leeway.ffi.Ops;
import dev.leeway.ffi.Region;
import dev.leeway.tensor.Bfloat16;
import dev.leeway.tensor.Device;
import dev.leeway.tensor.MemoryPlan;
import dev.leeway.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;

/**
 * The tensors of one op on a device. Inputs are random numbers that the host can tell again from their index, however large the tensor is;
 * so an oracle in double needs no second copy of them. A period of a prime number keeps rows from repeating.
 */
public final class Operands implements AutoCloseable {

    private static final int PERIOD = 65537;
    private static final float[] PATTERN = pattern();

    /** Element i of an input is {@code PATTERN[(i + shift) % PERIOD] * scale}, rounded to its type. */
    private record Fill(int shift, double scale, DType dtype) {
        double at(long index) {
            float value = (float) (PATTERN[(int) ((index + shift) % PERIOD)] * scale);
            return dtype == DType.BF16 ? Bfloat16.widen(Bfloat16.round(value)) : value;
        }
    }

    private final Device device;
    private final DType dtype;
    private final MemoryPlan plan = new MemoryPlan();
    private final Map<Tensor, Fill> fills = new HashMap<>();
    private final Map<Tensor, int[]> indices = new HashMap<>();
    private final List<Runnable> uploads = new ArrayList<>();
    private MemoryPlan.Allocation memory;

    /** Nothing yet, on so many threads; {@code dtype} is the type of what is not named otherwise. */
    public Operands(DType dtype, int threads) {
        this.dtype = dtype;
        device = Device.open("cpu", threads);
    }

    private static float[] pattern() {
        var random = new SplittableRandom(20260101);
        var values = new float[PERIOD];
        for (int i = 0; i < PERIOD; i++) {
            values[i] = (float) random.nextDouble(-1, 1);
        }
        return values;
    }

    /** The device. */
    public Device device() {
        return device;
    }

    /** Begins a call. */
    public Call call(dev.leeway.ffi.Op op) {
        return device.call(op);
    }

    /** Random numbers between ±scale, of the operands' type. */
    public Tensor random(String name, double scale, long... shape) {
        return random(name, dtype, scale, shape);
    }

    /** Random numbers between ±scale. */
    public Tensor random(String name, DType type, double scale, long... shape) {
        var tensor = output(name, type, shape);
        fills.put(tensor, new Fill(7919 * (fills.size() + 1) % PERIOD, scale, type));
        return tensor;
    }

    /** An output of the operands' type; it starts as zeros. */
    public Tensor output(String name, long... shape) {
        return output(name, dtype, shape);
    }

    /** An output; it starts as zeros. */
    public Tensor output(String name, DType type, long... shape) {
        return plan.reserve(MemoryPlan.Purpose.ACTIVATIONS, name, type, shape);
    }

    /** Integers, from their index. */
    public Tensor ints(String name, int count, IntUnaryOperator value) {
        var values = IntStream.range(0, count).map(value).toArray();
        var tensor = output(name, DType.I32, count);
        indices.put(tensor, values);
        uploads.add(() -> device.upload(values, tensor));
        return tensor;
    }

    /** 64-bit integers 0, 1, 2, … */
    public Tensor counts(String name, int count) {
        var values = IntStream.range(0, count).asLongStream().toArray();
        var tensor = output(name, DType.I64, count);
        uploads.add(() -> device.upload(values, tensor));
        return tensor;
    }

    /** Numbers given one by one. */
    public Tensor floats(String name, float[] values, long... shape) {
        var tensor = output(name, DType.F32, shape);
        uploads.add(() -> device.upload(values, tensor));
        return tensor;
    }

    /** Takes the memory and writes the inputs. */
    void allocate() {
        memory = plan.allocate(device);
        fills.forEach(this::write);
        uploads.forEach(Runnable::run);
    }

    private void write(Tensor tensor, Fill fill) {
        int width = fill.dtype().bytes();
        try (var arena = Arena.ofConfined()) {
            var period = period(new Fill(0, fill.scale(), fill.dtype()), arena);
            long done = 0;
            while (done < tensor.count()) {
                long from = (done + fill.shift()) % PERIOD;
                long count = Math.min(PERIOD - from, tensor.count() - done);
                device.upload(period.asSlice(from * width, count * width), tensor, done * width);
                done += count;
            }
        }
    }

    private static MemorySegment period(Fill fill, Arena arena) {
        var segment = arena.allocate((long) PERIOD * fill.dtype().bytes(), 64);
        for (int i = 0; i < PERIOD; i++) {
            if (fill.dtype() == DType.BF16) {
                segment.setAtIndex(ValueLayout.JAVA_SHORT, i, Bfloat16.round((float) fill.at(i)));
            } else {
                segment.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) fill.at(i));
            }
        }
        return segment;
    }

    /** What an input started as. */
    public double in(Tensor tensor, long index) {
        return fills.get(tensor).at(index);
    }

    /** What an index input holds. */
    public int index(Tensor tensor, int position) {
        return indices.get(tensor)[position];
    }

    /** What a tensor holds now. */
    public double out(Tensor tensor, long index) {
        int width = tensor.dtype().bytes();
        try (var arena = Arena.ofConfined()) {
            var cell = arena.allocate(8, 8);
            device.call(Ops.COPY).i64("bytes", width).at("destination", Region.of(cell.asSlice(0, width)))
                .at("source", tensor.region().slice(index * width, width)).i32("kind", 1).run();
            return switch (tensor.dtype()) {
                case F32 -> cell.get(ValueLayout.JAVA_FLOAT, 0);
                case BF16 -> Bfloat16.widen(cell.get(ValueLayout.JAVA_SHORT, 0));
                case F64 -> cell.get(ValueLayout.JAVA_DOUBLE, 0);
                case I32 -> cell.get(ValueLayout.JAVA_INT, 0);
                case I64 -> cell.get(ValueLayout.JAVA_LONG, 0);
                case U8 -> cell.get(ValueLayout.JAVA_BYTE, 0) & 0xff;
            };
        }
    }

    /** Three places of a tensor that oracles look at. */
    public static long[] places(Tensor tensor) {
        return new long[] {0, tensor.count() * 5 / 8 + 1, tensor.count() - 1};
    }

    /** Fails unless an output is a sum up to fp32's rounding; a bf16 output may be rounded once more. */
    public void expect(Tensor tensor, long index, Sum expected) {
        expect(tensor, index, expected, 0);
    }

    /** The same where each term is a product whose factors a bf16 kernel may have rounded so many times. */
    public void expect(Tensor tensor, long index, Sum expected, int roundings) {
        double got = out(tensor, index);
        double bound = expected.bound(dtype == DType.BF16 ? roundings : 0, tensor.dtype() == DType.BF16);
        if (!(Math.abs(got - expected.value()) <= bound)) {
            throw new IllegalStateException("%s[%d] = %.9g, the oracle in double says %.9g ± %.2g; the library computes something else"
                .formatted(tensor.name(), index, got, expected.value(), bound));
        }
    }

    @Override
    public void close() {
        if (memory != null) {
            memory.close();
        }
        device.close();
    }
}
