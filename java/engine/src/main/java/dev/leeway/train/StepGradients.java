package dev.leeway.train;

import dev.leeway.LeewayException;
import dev.leeway.model.Batch;
import dev.leeway.model.TrainingNoise;
import dev.leeway.objective.Metrics;
import dev.leeway.objective.Normalisers;
import dev.leeway.objective.Objective;
import dev.leeway.objective.Scope;
import dev.leeway.objective.Scored;
import dev.leeway.objective.Targets;
import dev.leeway.objective.TokenScores;
import dev.leeway.objective.Weighed;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.ObjDoubleConsumer;

/**
 * The micro-batches of one optimiser step, the denominators of them all, and what is random in it. Without noise they are an evaluation,
 * which is a step that nothing follows.
 */
final class StepGradients {

    private final Scoring scoring;
    private final Objective objective;
    private final Optional<TrainingNoise> noise;
    private final List<Batch> micros;
    private final List<Targets> targets;
    private final long tokens;
    private Normalisers normalisers;

    /** Hears of the scores of each micro-batch in the pass with gradients. */
    interface Listener {
        void scored(Batch micro, TokenScores scores);
    }

    /** An evaluation. */
    StepGradients(Scoring scoring, List<Batch> micros) {
        this(scoring, Optional.empty(), micros, false);
    }

    /** A step. */
    StepGradients(Scoring scoring, TrainingNoise noise, List<Batch> micros, boolean mayTrainNothing) {
        this(scoring, Optional.of(noise), micros, mayTrainNothing);
    }

    private StepGradients(Scoring scoring, Optional<TrainingNoise> noise, List<Batch> micros, boolean mayTrainNothing) {
        this.scoring = scoring;
        this.noise = noise;
        this.micros = micros;
        objective = scoring.method().objective();
        targets = new ArrayList<>(micros.size());
        long rows = 0;
        for (var micro : micros) {
            targets.add(micro.objectiveTargets());
            rows += micro.rows();
        }
        tokens = rows;
        normalisers = Normalisers.of(targets);
        if (normalisers.tokens() == 0 && !mayTrainNothing) {
            throw LeewayException.data("%s has no trained token in %d rows; check the loss mask of the data", name(),
                normalisers.sequences());
        }
        new WholeUnits(name(), scoring.policy().rowNames(), micros).require(objective.scope());
    }

    private String name() {
        return noise.isPresent() ? "step " + number() : "the evaluation";
    }

    /** The step, from 1. */
    long number() {
        return noise.orElseThrow().step() + 1;
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
    EvaluationReport accumulate(Listener listener) {
        scoring.policy().zeroGradients();
        return sum(listener, (micro, weighed) -> backward(micro, weighed), (batch, loss) -> { });
    }

    /** The same without gradients; {@code check} hears of the loss behind each batch. */
    EvaluationReport evaluate(ObjDoubleConsumer<Batch> check) {
        return sum((micro, scores) -> { }, (micro, weighed) -> { }, check);
    }

    private interface Following {
        void follow(int micro, Weighed weighed);
    }

    private EvaluationReport sum(Listener listener, Following following, ObjDoubleConsumer<Batch> check) {
        scoring.method().prepare(scoring.policy());
        if (objective.scope() == Scope.BATCH) {
            normalisers = normalisers.withMeasured(measured());
        }
        double loss = 0;
        Map<String, Double> metrics = Map.of();
        for (int micro = 0; micro < micros.size(); micro++) {
            if (!objective.trains(targets.get(micro))) {
                continue;
            }
            var scored = score(micro);
            listener.scored(micros.get(micro), scored.policy());
            var weighed = weigh(scored);
            following.follow(micro, weighed);
            loss += weighed.loss();
            metrics = Metrics.sum(metrics, weighed.metrics());
            check.accept(micros.get(micro), loss);
        }
        return new EvaluationReport(loss, metrics);
    }

    /** Statistics of the whole step, in a pass of its own that keeps nothing. */
    private double[] measured() {
        double[] sum = {};
        for (int micro = 0; micro < micros.size(); micro++) {
            if (objective.measures(targets.get(micro))) {
                var share = objective.measure(score(micro));
                sum = sum.length == 0 ? share.clone() : add(sum, share);
            }
        }
        return sum;
    }

    private static double[] add(double[] sum, double[] share) {
        for (int i = 0; i < sum.length; i++) {
            sum[i] += share[i];
        }
        return sum;
    }

    Scored score(int micro) {
        return scoring.score(micros.get(micro), noise);
    }

    Weighed weigh(Scored scored) {
        return objective.weigh(scored, normalisers);
    }

    /** Adds the gradients of the micro-batch that was scored last. */
    void backward(int micro, Weighed weighed) {
        scoring.policy().backward(micros.get(micro), weighed.gradients());
    }
}
