package dev.leeway.model;

import dev.leeway.ffi.DType;
import dev.leeway.tensor.Bfloat16;
import dev.leeway.tensor.Device;
import dev.leeway.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/**
 * A weight under its checkpoint name.
 *
 * @param name Hugging Face's or PEFT's name
 * @param value the weight that products read
 * @param gradient ∂loss/∂value summed over the micro-batches of a step; absent where it is frozen
 * @param master the fp32 weight that the optimiser moves and {@code value} is rounded from; absent where {@code value} is F32 or frozen
 */
public record Parameter(String name, Tensor value, Optional<Tensor> gradient, Optional<Tensor> master) {

    /** A weight without a master. */
    public Parameter(String name, Tensor value, Optional<Tensor> gradient) {
        this(name, value, gradient, Optional.empty());
    }

    private static final String EMBEDDING_A = ".lora_embedding_A";
    private static final String EMBEDDING_B = ".lora_embedding_B";

    /** Whether an optimiser moves it. */
    public boolean isTrained() {
        return gradient.isPresent();
    }

    /** Whether it belongs to an adapter and not to the base model. */
    public boolean isAdapter() {
        return name.contains(".lora_A.") || name.contains(".lora_B.") || name.contains(EMBEDDING_A) || name.contains(EMBEDDING_B);
    }

    /** Whether it belongs to the head of a reward model. */
    public boolean isScore() {
        return name.startsWith(ScalarHead.MODULE + ".");
    }

    /** Whether files hold its transpose: A of an embedding is (R,V) there, and (V,R) on the device. */
    public boolean isStoredTransposed() {
        return name.endsWith(EMBEDDING_A);
    }

    /** What files hold of it: the master where there is one, else the value. */
    public Tensor stored() {
        return master.orElse(value);
    }

    /**
     * Sets its elements from number {@code first} on, in row-major order, from fp32 numbers rounded to the type that it is stored in.
     * {@link #round} must follow behind the last ones.
     */
    public void set(Device device, MemorySegment floats, long first) {
        if (stored().dtype() == DType.F32) {
            device.upload(floats, stored(), first * Float.BYTES);
        } else {
            try (var arena = Arena.ofConfined()) {
                device.upload(Bfloat16.narrow(floats, arena), value, first * Short.BYTES);
            }
        }
    }

    /** Makes the value from its master, where it has one that was written from outside. */
    public void round(Device device) {
        master.ifPresent(from -> device.cast(from, value, value.count()));
    }
}
