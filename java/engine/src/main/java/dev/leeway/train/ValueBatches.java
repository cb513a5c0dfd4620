package dev.leeway.train;

import dev.leeway.model.Batch;
import java.util.Arrays;
import java.util.List;

/** What the value model is trained on: the states of the completions that the policy is trained on in the same step. */
final class ValueBatches implements BatchSource {

    private final RolloutBatches rollouts;
    private final Passes passes;

    ValueBatches(RolloutBatches rollouts) {
        this.rollouts = rollouts;
        passes = new Passes(rollouts.settings().microBatch());
    }

    @Override
    public List<Batch> step(int step) {
        var rollout = rollouts.rollout(step);
        var places = Arrays.stream(rollouts.settings().order().completions(step)).boxed()
            .filter(place -> rollout.lessons().get(place).trained()).toList();
        return passes.cut(places, place -> rollout.drawn().get(place).length()).stream().map(part -> batch(rollout, part)).toList();
    }

    private static Batch batch(Rollout rollout, List<Integer> part) {
        return Experience.valueBatch(part.stream().map(rollout::experience).toList(),
            part.stream().map(place -> rollout.lessons().get(place).values()).toList(),
            part.stream().map(place -> rollout.lessons().get(place).valueAdvantages()).toList());
    }

    @Override
    public boolean mayTrainNothing() {
        return true;
    }

    @Override
    public double epochs(int steps) {
        return rollouts.epochs(steps);
    }
}
