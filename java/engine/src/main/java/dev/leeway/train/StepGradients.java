package dev.leeway.train;

import dev.leeway.LeewayException;
import dev.leeway.model.Batch;
import dev.leeway.model.Llama;
import dev.leeway.model.TrainingNoise;
import dev.leeway.objective.Normalisers;
import dev.leeway.objective.Objective;
import dev.leeway.objective.Scored;
import dev.leeway.objective.Targets;
import dev.leeway.objective.Weighed;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The gradients of one optimiser step: micro-batches, the denominators of them all, and what is random in it. */
final class StepGradients {

    /** What the micro-batches add up to. */
    record Sum(double loss, Map<String, Double> metrics) {
    }

    private final Llama policy;
    private final Objective objective;
    private final TrainingNoise noise;
    private final List<Batch> micros;
    private final List<Targets> targets;
    private final Normalisers normalisers;

    StepGradients(Llama policy, Objective objective, TrainingNoise noise, List<Batch> micros) {
        this.policy = policy;
        this.objective = objective;
        this.noise = noise;
        this.micros = micros;
        targets = micros.stream().map(Batch::objectiveTargets).toList();
        normalisers = Normalisers.of(targets);
        requireTrained("step " + number(), normalisers);
    }

    static void requireTrained(String what, Normalisers normalisers) {
        if (normalisers.tokens() == 0) {
            throw LeewayException.data("%s has no trained token in %d rows; check the loss mask of the data",
                what, normalisers.sequences());
        }
    }

    /** The step, from 1. */
    long number() {
        return noise.step() + 1;
    }

    List<Batch> micros() {
        return micros;
    }

    long trainedTokens() {
        return normalisers.tokens();
    }

    long tokens() {
        long tokens = 0;
        for (var micro : micros) {
            tokens += micro.rows();
        }
        return tokens;
    }

    /** Leaves the sum over all micro-batches in the model. */
    Sum accumulate() {
        policy.zeroGradients();
        double loss = 0;
        var metrics = new HashMap<String, Double>();
        for (int micro = 0; micro < micros.size(); micro++) {
            var weighed = weigh(score(micro));
            backward(micro, weighed);
            loss += weighed.loss();
            weighed.metrics().forEach((name, value) -> metrics.merge(name, value, Double::sum));
        }
        return new Sum(loss, metrics);
    }

    Scored score(int micro) {
        return Scored.of(policy.score(micros.get(micro), objective.needs(), noise), targets.get(micro));
    }

    Weighed weigh(Scored scored) {
        return objective.weigh(scored, normalisers);
    }

    /** Adds the gradients of the micro-batch that was scored last. */
    void backward(int micro, Weighed weighed) {
        policy.backward(micros.get(micro), weighed.gradients());
    }
}
