package dev.leeway.train;

import dev.leeway.LeewayException;
import dev.leeway.model.Batch;
import dev.leeway.model.Llama;
import dev.leeway.model.TrainingNoise;
import dev.leeway.objective.Scored;
import dev.leeway.objective.TokenGradients;
import dev.leeway.objective.TokenScores;
import java.util.Optional;

/** Scores batches as an objective wants to see them. Columns are filled anew by each pass, so a result lives until the next one. */
final class Scoring {

    private final Llama policy;
    private final Method method;
    private final TokenScores scores = new TokenScores();
    private final Optional<TokenScores> reference;
    private final TokenGradients gradients = new TokenGradients();

    Scoring(Llama policy, Method method) {
        this.policy = policy;
        this.method = method;
        reference = method.objective().needsReference() ? Optional.of(new TokenScores()) : Optional.empty();
    }

    Llama policy() {
        return policy;
    }

    Method method() {
        return method;
    }

    /**
     * The columns of policy and reference. The reference comes first, since it may run through the same activations: those that are kept
     * for the way back are the policy's.
     */
    Scored score(Batch batch, Optional<TrainingNoise> noise) {
        var objective = method.objective();
        if (reference.isPresent()) {
            method.reference().orElseThrow().score(batch, reference.get());
        }
        if (objective.needsOld() && batch.old().isEmpty()) {
            throw withoutOld(batch);
        }
        var policyScores = noise.isPresent() ? policy.score(batch, objective.needs(), noise.get(), scores)
            : policy.score(batch, objective.needs(), scores);
        gradients.clear();
        return new Scored(policyScores, reference, batch.old(), batch.objectiveTargets(), gradients);
    }

    private LeewayException withoutOld(Batch batch) {
        return LeewayException.data("%s has no log-probs of the policy that drew it, which %s compares with; keep those that the sampler "
            + "stored", policy.rowNames().of(batch.unitIds()[0]), method.objective().getClass().getSimpleName());
    }
}
