package dev.leeway.model;

import dev.leeway.tensor.Device;
import dev.leeway.tensor.MemoryPlan.Phase;
import dev.leeway.tensor.Phases;
import java.util.Optional;

/**
 * Whether a model that is trained and generates does the one or the other. Both take turns in the same memory, so each has buffers of its
 * own for what passes through the model, and finds nothing of its last turn.
 */
final class Turns {

    private final Phases phases;
    private boolean decodes;
    private long last;

    Turns(Phases phases) {
        this.phases = phases;
    }

    /** What follows decodes. @return the number of the turn: in another one than before the cache is empty */
    long decode(Device device) {
        decodes = true;
        last = phases.enter(device, Phase.ROLLOUT);
        return last;
    }

    /**
     * What follows are passes over packed batches.
     *
     * @return whether that is a new turn for this model, whoever of those that share the memory began it: its activations are gone then
     */
    boolean train(Device device) {
        decodes = false;
        long now = phases.enter(device, Phase.TRAINING);
        boolean isNew = now != last;
        last = now;
        return isNew;
    }

    /** What is used in this turn: one buffer for all, unless decoding has its own. */
    <T> T choose(T always, Optional<T> ofDecoding) {
        return decodes && ofDecoding.isPresent() ? ofDecoding.get() : always;
    }
}
