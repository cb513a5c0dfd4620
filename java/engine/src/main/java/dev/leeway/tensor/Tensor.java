package dev.leeway.tensor;

import dev.leeway.ffi.DType;
import dev.leeway.ffi.Region;
import java.util.Arrays;

/**
 * A dense row-major array in a back end's memory. It is planned first, with its name, type and shape, and placed when the plan is
 * allocated.
 */
public final class Tensor {

    private final String name;
    private final DType dtype;
    private final long[] shape;
    private final long count;
    private Region region = Region.NONE;

    Tensor(String name, DType dtype, long... shape) {
        this.name = name;
        this.dtype = dtype;
        this.shape = shape.clone();
        this.count = Arrays.stream(shape).reduce(1, Math::multiplyExact);
    }

    /** The name it carries in messages and checkpoints. */
    public String name() {
        return name;
    }

    /** The type of its elements. */
    public DType dtype() {
        return dtype;
    }

    /** Its shape, outermost axis first. */
    public long[] shape() {
        return shape.clone();
    }

    /** Its size along an axis, 0 = the outermost. */
    public long size(int axis) {
        return shape[axis];
    }

    /** Number of elements. */
    public long count() {
        return count;
    }

    /** Bytes it takes. */
    public long bytes() {
        return Math.multiplyExact(count(), (long) dtype.bytes());
    }

    /** Where it lies; its plan must have been allocated. */
    public Region region() {
        if (region.address() == 0) {
            throw new IllegalStateException(name + " is planned but not allocated");
        }
        return region;
    }

    /** Rows {@code first .. first+count-1} of the outermost axis. */
    public Region rows(long first, long count) {
        long row = bytes() / Math.max(1, shape[0]);
        return region().slice(first * row, count * row);
    }

    void place(Region place) {
        region = place;
    }

    @Override
    public String toString() {
        return name + Arrays.toString(shape);
    }
}
