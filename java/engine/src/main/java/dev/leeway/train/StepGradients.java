package dev.leeway.train;

import dev.leeway.LeewayException;
import dev.leeway.model.Batch;
import dev.leeway.model.Llama;
import dev.leeway.model.TrainingNoise;
import dev.leeway.objective.Normalisers;
import dev.leeway.objective.Objective;
import dev.leeway.objective.Scored;
import dev.leeway.objective.Targets;
import dev.leeway.objective.TokenGradients;
import dev.leeway.objective.TokenScores;
import dev.leeway.objective.Weighed;
import java.util.ArrayList;
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
    private final Room room;
    private final long tokens;

    /** Columns and their gradients, filled anew for each micro-batch of each step. */
    record Room(TokenScores scores, TokenGradients gradients) {
        Room() {
            this(new TokenScores(), new TokenGradients());
        }
    }

    StepGradients(Llama policy, Objective objective, TrainingNoise noise, List<Batch> micros, Room room) {
        this.policy = policy;
        this.objective = objective;
        this.noise = noise;
        this.micros = micros;
        this.room = room;
        targets = new ArrayList<>(micros.size());
        long rows = 0;
        for (var micro : micros) {
            targets.add(micro.objectiveTargets());
            rows += micro.rows();
        }
        tokens = rows;
        normalisers = Normalisers.of(targets);
        if (normalisers.tokens() == 0) {
            throw nothingTrained("step " + number(), normalisers);
        }
    }

    static LeewayException nothingTrained(String what, Normalisers normalisers) {
        return LeewayException.data("%s has no trained token in %d rows; check the loss mask of the data", what, normalisers.sequences());
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
        return tokens;
    }

    /** Leaves the sum over all micro-batches in the model. */
    Sum accumulate() {
        policy.zeroGradients();
        double loss = 0;
        Map<String, Double> metrics = Map.of();
        for (int micro = 0; micro < micros.size(); micro++) {
            var weighed = weigh(score(micro));
            backward(micro, weighed);
            loss += weighed.loss();
            metrics = sum(metrics, weighed.metrics());
        }
        return new Sum(loss, metrics);
    }

    private static Map<String, Double> sum(Map<String, Double> some, Map<String, Double> others) {
        if (others.isEmpty()) {
            return some;
        }
        var sum = new HashMap<>(some);
        others.forEach((name, value) -> sum.merge(name, value, Double::sum));
        return sum;
    }

    Scored score(int micro) {
        var scores = policy.score(micros.get(micro), objective.needs(), noise, room.scores());
        return Scored.of(scores, targets.get(micro), room.gradients());
    }

    Weighed weigh(Scored scored) {
        return objective.weigh(scored, normalisers);
    }

    /** Adds the gradients of the micro-batch that was scored last. */
    void backward(int micro, Weighed weighed) {
        policy.backward(micros.get(micro), weighed.gradients());
    }
}
