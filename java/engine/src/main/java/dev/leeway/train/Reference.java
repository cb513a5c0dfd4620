package dev.leeway.train;

import dev.leeway.LeewayException;
import dev.leeway.model.Batch;
import dev.leeway.model.Llama;
import dev.leeway.objective.TokenScores;

/**
 * Where the log-probs of the frozen reference come from. Nothing is random in them, and for the same reference every source gives the same
 * bits: a model that is at hand, or {@link ReferenceLogProbs} that it was asked for before training.
 */
public sealed interface Reference permits ReferenceModel, ReferenceLogProbs {

    /** Fills {@code room}, which it clears, with ln p(target) at the trained positions of a batch, and returns it. */
    TokenScores score(Batch batch, TokenScores room);

    /** What logits are divided by from now on: the reference is asked for what the policy is. */
    void setTemperature(double temperature);

    /**
     * The policy's own base model: its adapter switched off, no second copy. Right where training began with a fresh adapter, whose term is
     * zero; an adapter that was trained before is part of what the policy is to be compared with.
     */
    static ReferenceModel adapterOff(Llama policy) {
        if (policy.adapterParameters().isEmpty()) {
            throw LeewayException.usage("the reference was to be the model with its adapter switched off, and it has none; give the run a "
                + "reference model of its own, or pre-compute the reference's log-probs");
        }
        policy.requireBase();
        return new ReferenceModel(policy, true);
    }

    /**
     * A model that nobody trains, such as {@link TrainingSession#referenceModel}. Before the first step the policy itself is such a model:
     * what {@link ReferenceLogProbs} computes then is the reference of a full fine-tuning without a second copy.
     */
    static ReferenceModel frozen(Llama model) {
        return new ReferenceModel(model, false);
    }
}
