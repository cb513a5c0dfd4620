package dev.leeway.model;

import dev.leeway.objective.Column;
import dev.leeway.objective.TokenGradients;
import dev.leeway.objective.TokenScores;
import dev.leeway.tensor.Device;
import dev.leeway.tensor.Tensor;
import java.util.Set;

/** What reads the decoder's output (N,C): the language-model head or a scalar head. */
sealed interface Head permits LanguageHead, ScalarHead {

    /** Fills {@code scores}, which has no columns, with those of a batch. */
    void score(Device device, Batch batch, Tensor output, Set<Column> columns, TokenScores scores);

    /** Writes the gradient of the decoder's output for the batch that was scored last, and adds to the head's own gradients. */
    void backward(Device device, TokenGradients gradients, Tensor outputGradient);
}
