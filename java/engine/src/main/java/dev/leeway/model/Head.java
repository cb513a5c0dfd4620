package dev.leeway.model;

import dev.leeway.objective.Column;
import dev.leeway.objective.TokenGradients;
import dev.leeway.objective.TokenScores;
import dev.leeway.tensor.Device;
import dev.leeway.tensor.Tensor;
import java.util.Set;

/** What reads the decoder's output (N,C): the language-model head or a scalar head. */
sealed interface Head permits LanguageHead, ScalarHead {

    /**
     * What the calls of a pass depend on, beside what lies in tensors.
     *
     * @param rows that are read
     * @param columns of the forward pass, one bit each
     * @param given columns whose gradients were given for the way back
     * @param temperature what divides logits
     */
    record Calls(int rows, int columns, int given, double temperature) {
    }

    /** Brings over what {@link #forward} reads beside the decoder's output: which rows, and what is asked of them. */
    void begin(Device device, Batch batch, Set<Column> columns);

    /** Makes the calls of the forward pass over the batch of {@link #begin}, and nothing else. */
    void forward(Device device, Tensor output);

    /** Waits, and fills {@code scores}, which has no columns, with those that were asked for. */
    void read(Device device, TokenScores scores);

    /** Brings over what {@link #backward} reads: the loss's derivatives by the columns of the batch that was scored last. */
    void take(Device device, TokenGradients gradients);

    /** Makes the calls of the way back, and nothing else: they write the gradient of the decoder's output, and add to the head's own. */
    void backward(Device device, Tensor outputGradient);

    /** What the calls of {@link #forward} and {@link #backward} depend on as things are. */
    Calls calls();
}
