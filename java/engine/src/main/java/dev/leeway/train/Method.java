package dev.leeway.train;

import dev.leeway.LeewayException;
import dev.leeway.model.Llama;
import dev.leeway.objective.Objective;
import java.util.Optional;

/**
 * What a run optimises, and what the policy's scores are compared with.
 *
 * @param objective the loss
 * @param reference where the frozen reference's log-probs come from; not asked where the objective needs none
 * @param temperature what logits are divided by in scores and gradients of policy and reference; 1 unless training follows a sampler
 */
public record Method(Objective objective, Optional<Reference> reference, double temperature) {

    /** Checks the temperature. */
    public Method {
        if (!(temperature > 0 && temperature < Double.POSITIVE_INFINITY)) {
            throw LeewayException.usage("temperature must be above 0 and finite, got %s", temperature);
        }
    }

    /** An objective that is compared with nothing, at temperature 1. */
    public static Method of(Objective objective) {
        return new Method(objective, Optional.empty(), 1);
    }

    /** The same with a reference. */
    public Method withReference(Reference given) {
        return new Method(objective, Optional.of(given), temperature);
    }

    /** The same at another temperature. */
    public Method withTemperature(double value) {
        return new Method(objective, reference, value);
    }

    /** Refuses an objective whose reference is missing, or would be trained. */
    void requireReference(Llama policy) {
        if (!objective.needsReference()) {
            return;
        }
        var given = reference.orElseThrow(() -> LeewayException.usage("%s compares the policy with a reference, and the run has none; "
            + "train an adapter and switch it off for the reference, plan a reference model, or pre-compute the reference's log-probs",
            objective.getClass().getSimpleName()));
        if (given instanceof ReferenceModel(var model, var adapterOff) && model == policy && !adapterOff) {
            throw LeewayException.usage("the policy itself can't be the frozen reference, since every step moves it; plan a reference "
                + "model, or pre-compute the reference's log-probs");
        }
    }

    /** From now on policy and reference score at this temperature. */
    void prepare(Llama policy) {
        if (!policy.config().isClassifier()) {
            policy.setTemperature(temperature);
        }
        if (objective.needsReference()) {
            reference.orElseThrow().setTemperature(temperature);
        }
    }
}
