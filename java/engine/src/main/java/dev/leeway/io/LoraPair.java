package dev.leeway.io;

import static dev.leeway.io.Quote.quote;

import dev.leeway.LeewayException;

/**
 * The two factors of a module's low-rank update {@code scaling · B·A}.
 *
 * @param module the module's full name in the base model, {@code model.layers.0.self_attn.q_proj}
 * @param a      A (R, in)
 * @param b      B (out, R)
 */
public record LoraPair(String module, StoredTensor a, StoredTensor b) {

    /** Checks that both are matrices of floating-point numbers with a common rank. */
    public LoraPair {
        requireMatrix(module, a);
        requireMatrix(module, b);
        if (!a.shape().get(0).equals(b.shape().get(1))) {
            throw LeewayException.data("%s: lora_A has shape %s and lora_B %s; the rows of A must equal the columns of B",
                    quote(module), a.shape(), b.shape());
        }
    }

    /** R. */
    public long rank() {
        return a.shape().get(0);
    }

    private static void requireMatrix(String module, StoredTensor factor) {
        if (factor.shape().size() != 2 || !factor.type().isFloating()) {
            throw LeewayException.data("%s: a LoRA factor must be a matrix of floating-point numbers, found %s of shape %s in %s",
                    quote(module), factor.type(), factor.shape(), quote(factor.name()));
        }
    }
}
