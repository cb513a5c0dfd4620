package dev.leeway.cli;

import dev.leeway.data.Batching;
import dev.leeway.data.DatasetReader;
import dev.leeway.data.Purpose;
import dev.leeway.data.Truncation;
import dev.leeway.io.AdapterConfig;
import dev.leeway.io.JsonFile;
import dev.leeway.objective.Column;
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
 * @param compared what the model is compared with; empty = nothing
 */
record Task(Purpose<?> purpose, Truncation truncation, Batching batching, Objective objective, ObjectNode settings,
    Optional<Compared> compared) {

    /**
     * What a policy is compared with.
     *
     * @param model the reference's directory; empty = what training starts from
     * @param precomputed whether it is asked for all rows before the first step
     */
    record Compared(Optional<Path> model, boolean precomputed) {

        /** Whether there is a second model in memory; the base of an adapter that replaces nothing of it is there already. */
        boolean takesMemory(Optional<AdapterConfig> adapter) {
            return !precomputed && !isBase(adapter);
        }

        /** Whether it is the model without its adapter. */
        boolean isBase(Optional<AdapterConfig> adapter) {
            return model.isEmpty() && adapter.filter(lora -> lora.modulesToSave().isEmpty()).isPresent();
        }

        /** For people. */
        String text(Optional<AdapterConfig> adapter) {
            var which = model.map(Path::toString).orElse(isBase(adapter) ? "the model without its adapter" : "the model as it is now");
            return which + (precomputed ? ", asked for all rows before the first step" : takesMemory(adapter) ? ", kept beside it" : "");
        }
    }

    /** The same with the reference asked before the first step. */
    Task precomputed() {
        return new Task(purpose, truncation, batching, objective, settings,
            compared.map(reference -> new Compared(reference.model(), true)));
    }

    /** How rows are read for it. */
    DatasetReader.Options reading(DatasetReader.Options asked) {
        var kept = asked.withTruncation(truncation);
        return purpose == Purpose.RANKED ? kept.whole() : kept;
    }

    /** Whether it needs a model that gives scores, instead of one that speaks. */
    boolean scores() {
        return objective.needs().contains(Column.VALUE);
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
