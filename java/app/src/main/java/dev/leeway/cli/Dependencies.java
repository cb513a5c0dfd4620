package dev.leeway.cli;

import dev.leeway.io.AdapterConfig;
import dev.leeway.io.JsonFile;
import dev.leeway.io.JsonObject;
import dev.leeway.train.RunConfiguration;
import java.util.Optional;
import tools.jackson.databind.node.ObjectNode;

/** All that the numbers of a run depend on, by which a resumed run is known to be the same. */
final class Dependencies {

    private final ObjectNode own = JsonFile.newObject();

    /** Adds something of the command's own. */
    void add(String name, String value) {
        own.put(name, value);
    }

    /** Adds everything of an object. */
    void addAll(ObjectNode more) {
        own.setAll(more);
    }

    /**
     * These, and what every run depends on.
     *
     * @param recipe how rows are trained on
     * @param settings of what is made less
     * @param totalSteps of the run
     * @param model what the model is
     * @param rows fingerprint of what it is trained on
     * @param adapter the LoRA that is trained; empty = all weights
     */
    RunConfiguration configuration(Recipe recipe, ObjectNode settings, int totalSteps, JsonObject model, String rows,
            Optional<AdapterConfig> adapter) {
        var all = own.deepCopy();
        recipe.describe(all);
        all.setAll(settings);
        all.put("total_steps", totalSteps).put("model_config", Fingerprint.of(model.node().toString())).put("rows", rows);
        LoraOptions.describe(adapter, all);
        return RunConfiguration.of(all);
    }
}
