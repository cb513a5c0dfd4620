package dev.leeway.objective;

import java.util.Map;
import java.util.Set;

/**
 * Next-token prediction on the trained tokens: L = −(1/n) Σ mask_t log p(target_t), n the trained tokens of the optimiser step. The loss of
 * transformers' {@code ForCausalLMLoss} with {@code num_items_in_batch}; on text without a prompt it is pretraining.
 */
public final class SupervisedFineTuning implements Objective {

    @Override
    public Set<Column> needs() {
        return Set.of(Column.LOG_PROB);
    }

    @Override
    public Scope scope() {
        return Scope.TOKEN;
    }

    @Override
    public Weighed weigh(Scored scored, Normalisers normalisers) {
        var mask = scored.targets().mask();
        var logProb = scored.policy().logProb();
        var gradient = new double[logProb.length];
        double sum = 0;
        for (int t = 0; t < mask.length; t++) {
            if (mask[t]) {
                sum += logProb[t];
                gradient[t] = -1.0 / normalisers.tokens();
            }
        }
        return new Weighed(-sum / normalisers.tokens(), new TokenGradients().with(Column.LOG_PROB, gradient), Map.of());
    }
}
