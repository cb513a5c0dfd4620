package dev.leeway.cli;

import dev.leeway.data.Batching;
import dev.leeway.data.Purpose;
import dev.leeway.data.Truncation;
import dev.leeway.io.JsonFile;
import dev.leeway.objective.Objective;
import dev.leeway.objective.SupervisedFineTuning;
import java.nio.file.Path;
import java.util.Optional;
import tools.jackson.databind.node.ObjectNode;

/**
 * What a command trains for: what it reads, and what it makes less of. Commands that train differ in nothing else.
 *
 * @param purpose what rows are read for
 * @param truncation what is kept of rows that are too long
 * @param batching how rows become micro-batches
 * @param objective what is made less
 * @param settings what of it decides numbers, under the options' names
 * @param reference what the model is compared with; empty = nothing
 */
record Task(Purpose<?> purpose, Truncation truncation, Batching batching, Objective objective, ObjectNode settings,
    Optional<Reference> reference) {

    /**
     * What a policy is compared with.
     *
     * @param model the reference's directory; empty = what training starts from
     * @param precomputed whether it is asked for all rows before the first step
     */
    record Reference(Optional<Path> model, boolean precomputed) {
    }

    /** The next token, and nothing added to its loss. */
    static Task nextToken() {
        return supervised(new SupervisedFineTuning(), JsonFile.newObject());
    }

    /** The next token of rows as they come. */
    static Task supervised(SupervisedFineTuning objective, ObjectNode settings) {
        return new Task(Purpose.SUPERVISED, Truncation.KEEP_START, Batching.PLAIN, objective, settings, Optional.empty());
    }
}
