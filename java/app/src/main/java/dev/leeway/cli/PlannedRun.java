package dev.leeway.cli;

import dev.leeway.LeewayException;
import dev.leeway.model.Batch;
import dev.leeway.model.ModelConfig;
import dev.leeway.model.Parameter;
import dev.leeway.tensor.Device;
import dev.leeway.tensor.MemoryPlan.Purpose;
import dev.leeway.train.TrainingSession;
import dev.leeway.train.TrainingSession.Footprint;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Predicate;

/**
 * A {@link TrainingRun} that doesn't take place.
 *
 * @param job what would be trained
 * @param config of the model
 * @param footprint what the run would take from the device
 * @param freeBytes what the device has
 * @param totalSteps optimiser steps
 * @param firstStep the micro-batches of the first of them
 */
record PlannedRun(TrainingRun.Job job, ModelConfig config, Footprint footprint, long freeBytes, int totalSteps, List<Batch> firstStep) {

    static PlannedRun of(TrainingRun.Job job, Device device) {
        var config = job.config();
        int totalSteps = job.totalSteps();
        var batches = job.batches();
        var settings = job.settings(TrainingRun.Sampling.NONE);
        return new PlannedRun(job, config, TrainingSession.footprint(config, settings, device), device.info().freeBytes(), totalSteps,
            batches.step(0));
    }

    /** Prints all that is known; {@code turns} are the messages of each role. */
    void print(Map<String, Long> turns, BatchText text, PrintWriter out) {
        var report = job.rows().training().report();
        say(out, "model", "%s (%s, %d layers)", job.name(), config.modelType(), config.numHiddenLayers());
        say(out, "parameters", "%,d, of which %,d are trained", count(_ -> true), count(Parameter::isTrained));
        say(out, "memory", "%s = %s of %s free", memory(), bytes(footprint.totalBytes()), bytes(freeBytes));
        say(out, "data", "%s", job.rows().training().summary());
        job.rows().training().notes().forEach(note -> say(out, note.name(), "%s", note.text()));
        say(out, "tokens", "%,d prompt or context, %,d trained", report.tokens() - report.trainedTokens(), report.trainedTokens());
        turns.forEach((role, count) -> say(out, "turns", "%,d of %s", count, role));
        say(out, "truncated", "%,d rows, %,d dropped", report.truncated().rows(), report.dropped().rows());
        printSteps(out);
        var first = firstStep.getFirst();
        out.println();
        out.printf(Locale.ROOT, "First micro-batch: %,d rows, %,d tokens, %,d trained%n", first.sequences(), first.rows(),
            first.trainedRows().length);
        text.of(first).forEach(row -> out.println("  " + row.replace("\n", "\n    ")));
        out.flush();
    }

    private void printSteps(PrintWriter out) {
        var flops = StepFlops.of(config, footprint.parameters(), firstStep);
        say(out, "steps", "%s", job.stepsText());
        say(out, "FLOPs", "%.3g in the first step: matrices %.3g, adapter %.3g, attention %.3g, head %.3g", flops.total(), flops.matrices(),
            flops.adapter(), flops.attention(), flops.head());
        say(out, "", "= %s", StepFlops.FORMULA);
    }

    /** Ends the command if the run would not fit. */
    void requireRoom() {
        if (footprint.totalBytes() > freeBytes) {
            throw LeewayException.resources("the run needs %s, the device has %s: %s; shorten --max_length or "
                + "--per_device_train_batch_size, or train with --use_peft", bytes(footprint.totalBytes()), bytes(freeBytes), memory());
        }
    }

    private String memory() {
        var parts = new ArrayList<String>();
        for (var purpose : Purpose.values()) {
            if (footprint.bytes().containsKey(purpose)) {
                parts.add(purpose.name().toLowerCase(Locale.ROOT) + " " + bytes(footprint.bytes().get(purpose)));
            }
        }
        return String.join(", ", parts);
    }

    private long count(Predicate<Parameter> which) {
        return footprint.parameters().stream().filter(which).mapToLong(parameter -> parameter.value().count()).sum();
    }

    private static String bytes(long size) {
        return String.format(Locale.ROOT, size < 100_000_000 ? "%.1f MB" : "%.1f GB", size / (size < 100_000_000 ? 1e6 : 1e9));
    }

    private static void say(PrintWriter out, String name, String format, Object... arguments) {
        out.println(String.format(Locale.ROOT, "%-10s  %s", name, String.format(Locale.ROOT, format, arguments)));
    }
}
