package dev.leeway.train;

import dev.leeway.LeewayException;
import dev.leeway.io.JsonFile;
import dev.leeway.io.Manifest;
import dev.leeway.io.StoredCheckpoint;
import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;
import tools.jackson.databind.node.ObjectNode;

/**
 * Where a run stands, beside weights and moments. The data's cursor is the step itself, because a {@link BatchSource} is a function of
 * the step; so are random numbers, of the seeds and the step.
 *
 * @param step optimiser steps behind it
 * @param optimizerSteps AdamW's count, which its bias correction depends on
 * @param logBytes length of the run's log
 * @param seeds name → seed
 * @param configuration what the run was started with
 */
public record RunState(int step, int optimizerSteps, long logBytes, SortedMap<String, Long> seeds, RunConfiguration configuration) {

    /** Its file in a checkpoint. */
    public static final String NAME = "training_state.json";

    private static final int VERSION = 1;

    /** Copies the seeds. */
    public RunState {
        seeds = Collections.unmodifiableSortedMap(new TreeMap<>(seeds));
    }

    /** Reads it from a checkpoint. */
    public static RunState read(StoredCheckpoint checkpoint) {
        var json = checkpoint.json(NAME);
        Manifest.requireVersion(json, VERSION);
        var seeds = new TreeMap<String, Long>();
        var stored = json.requireObject("seeds");
        stored.names().forEach(name -> seeds.put(name, stored.requireLong(name)));
        var state = new RunState(json.requireInt("global_step"), json.requireInt("optimizer_steps"), json.requireLong("log_bytes"), seeds,
            RunConfiguration.read(json.requireObject("configuration")));
        if (state.step() != checkpoint.step() || !state.configuration().sha256().equals(json.requireString("configuration_sha256"))) {
            throw LeewayException.data("%s: %s contradicts the manifest or itself; it was edited", checkpoint.folder(), NAME);
        }
        return state;
    }

    ObjectNode toJson() {
        var json = JsonFile.newObject().put("version", VERSION).put("global_step", step).put("optimizer_steps", optimizerSteps)
            .put("log_bytes", logBytes);
        seeds.forEach(json.putObject("seeds")::put);
        json.put("configuration_sha256", configuration.sha256()).set("configuration", configuration.toJson());
        return json;
    }
}
