package dev.leeway.tensor;

import dev.leeway.ffi.Ops;
import dev.leeway.ffi.Region;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.SequencedMap;
import java.util.function.IntFunction;

/** Measures tensors on the device: their squares, and how many of their elements are NaN or infinite. It is used again and again. */
public final class SumSquares {

    private static final SequencedMap<String, Long> NONE = Collections.unmodifiableSequencedMap(new LinkedHashMap<>());

    private final Tensor sums;
    private final Tensor nonfinite;
    private final Region[] sumOf;
    private final Region[] nonfiniteOf;
    private final double[] squares;
    private final long[] counts;
    private int count;

    /**
     * Room for as many tensors as these have elements.
     *
     * @param sums F64
     * @param nonfinite I64
     */
    public SumSquares(Tensor sums, Tensor nonfinite) {
        this.sums = sums;
        this.nonfinite = nonfinite;
        int most = Math.toIntExact(sums.count());
        sumOf = new Region[most];
        nonfiniteOf = new Region[most];
        squares = new double[most];
        counts = new long[most];
    }

    /** Begins anew: the next tensor is number 0. */
    public void begin() {
        count = 0;
    }

    /** Measures one more tensor; {@link #finish} tells the result. */
    public void add(Device device, Tensor tensor) {
        if (sumOf[count] == null) {
            sumOf[count] = sums.rows(count, 1);
            nonfiniteOf[count] = nonfinite.rows(count, 1);
        }
        device.call(Ops.SUM_SQUARES).i64("count", tensor.count()).at("x", tensor.region()).at("sum", sumOf[count])
            .at("nonfinite", nonfiniteOf[count]).dtype("dtype", tensor.dtype()).run();
        count++;
    }

    /** Waits for the results. */
    public void finish(Device device) {
        device.download(sums, squares);
        device.download(nonfinite, counts);
    }

    /** The sum of all squares, in the order of the tensors. */
    public double total() {
        double total = 0;
        for (int i = 0; i < count; i++) {
            total += squares[i];
        }
        return total;
    }

    /** Those that hold NaN or infinity, in their order: name → how many elements. */
    public SequencedMap<String, Long> nonfinite(IntFunction<String> nameOf) {
        var named = NONE;
        for (int i = 0; i < count; i++) {
            if (counts[i] > 0) {
                named = named.isEmpty() ? new LinkedHashMap<>() : named;
                named.put(nameOf.apply(i), counts[i]);
            }
        }
        return named;
    }
}
