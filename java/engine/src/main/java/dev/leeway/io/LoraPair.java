package dev.leeway.io;

import static dev.leeway.io.Quote.quote;

import dev.leeway.LeewayException;

/**
 * The two factors of a module's low-rank update {@code scaling · B·A}.
 *
 * @param module the module's full name in the base model, {@code model.layers.0.self_attn.q_proj}
 * @param layer  what kind of module it is
 * @param a      A (R, in); the in of an embedding is the vocabulary
 * @param b      B (out, R)
 */
public record LoraPair(String module, Layer layer, StoredTensor a, StoredTensor b) {

    /** The kinds of module with factors, which PEFT names differently. */
    public enum Layer {
        /** {@code torch.nn.Linear}. */
        LINEAR(".lora_A.weight", ".lora_B.weight"),
        /** {@code torch.nn.Embedding}. */
        EMBEDDING(".lora_embedding_A", ".lora_embedding_B");

        private final String a;
        private final String b;

        Layer(String a, String b) {
            this.a = a;
            this.b = b;
        }

        /** What PEFT puts behind the module's name for A. */
        public String a() {
            return a;
        }

        /** What PEFT puts behind the module's name for B. */
        public String b() {
            return b;
        }
    }

    /** Checks that both are matrices of floating-point numbers with a common rank. */
    public LoraPair {
        requireMatrix(module, a);
        requireMatrix(module, b);
        if (!a.shape().get(0).equals(b.shape().get(1))) {
            throw LeewayException.data("%s: lora_A has shape %s and lora_B %s; the rows of A must equal the columns of B",
                    quote(module), a.shape(), b.shape());
        }
    }

    /** The factors of a linear layer. */
    public LoraPair(String module, StoredTensor a, StoredTensor b) {
        this(module, Layer.LINEAR, a, b);
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
