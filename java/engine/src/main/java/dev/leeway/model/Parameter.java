package dev.leeway.model;

import dev.leeway.tensor.Tensor;
import java.util.Optional;

/**
 * A weight under its checkpoint name.
 *
 * @param name Hugging Face's or PEFT's name
 * @param value the weight
 * @param gradient ∂loss/∂value summed over the micro-batches of a step; absent where it is frozen
 */
public record Parameter(String name, Tensor value, Optional<Tensor> gradient) {

    /** Whether an optimiser moves it. */
    public boolean isTrained() {
        return gradient.isPresent();
    }

    /** Whether it belongs to an adapter and not to the base model. */
    public boolean isAdapter() {
        return name.contains(".lora_A.") || name.contains(".lora_B.");
    }
}
