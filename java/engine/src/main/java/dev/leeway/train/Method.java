package dev.leeway.train;

import dev.leeway.LeewayException;
import dev.leeway.model.Llama;
import dev.leeway.objective.Column;
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

    /** Refuses an objective that reads what the model does not say, or whose reference is missing or would be trained. */
    void requireFits(Llama policy) {
        boolean readsValue = objective.needs().contains(Column.VALUE) || objective.needs().contains(Column.TOKEN_VALUE);
        if (readsValue != policy.config().isClassifier()) {
            throw LeewayException.usage("%s reads %s, and this model %s; name a %s directory", name(), objective.needs(),
                policy.config().isClassifier() ? "gives a value and no probability" : "gives probabilities and no value",
                policy.config().isClassifier() ? "…ForCausalLM" : "…ForSequenceClassification");
        }
        if (objective.needsReference()) {
            requireReference(policy);
        }
    }

    private String name() {
        return objective.getClass().getSimpleName();
    }

    private void requireReference(Llama policy) {
        var given = reference.orElseThrow(() -> LeewayException.usage("%s compares the policy with a reference, and the run has none; "
            + "train an adapter and switch it off for the reference, plan a reference model, or pre-compute the reference's log-probs",
            name()));
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
