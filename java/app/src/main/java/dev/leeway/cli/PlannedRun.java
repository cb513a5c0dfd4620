package dev.leeway.cli;

import dev.leeway.model.Batch;
import dev.leeway.model.ModelConfig;
import dev.leeway.model.Parameter;
import dev.leeway.tensor.Device;
import dev.leeway.tensor.MemoryPlan;
import dev.leeway.train.TrainingSession.Footprint;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Predicate;
import java.util.stream.IntStream;

/**
 * A {@link TrainingRun} that doesn't take place.
 *
 * @param job what would be trained
 * @param config of the model
 * @param room the memory it would need and has
 * @param footprint what the run would take from it
 * @param totalSteps optimiser steps
 * @param firstStep the micro-batches of the first of them
 */
record PlannedRun(TrainingRun.Job job, ModelConfig config, Room room, Footprint footprint, int totalSteps, List<Batch> firstStep) {

    /** Operations a second of an imagined machine, to give a feeling for a number of operations. */
    private static final double EXAMPLE_RATE = 1e11;

    static PlannedRun of(TrainingRun.Job job, Device device) {
        var config = job.checkedConfig();
        int totalSteps = job.totalSteps();
        var room = Room.of(job, TrainingRun.Extras.FINE_TUNING, device);
        return new PlannedRun(room.job(), config, room, room.footprint(), totalSteps, job.batches().step(0));
    }

    /** Prints all that is known of a run on data. */
    void print(Speakers speakers, BatchText text, PrintWriter out) {
        var report = job.rows().training().report();
        printModel(out);
        say(out, "data", "%s", job.rows().training().summary());
        job.rows().training().notes().forEach(note -> say(out, note.name(), "%s", note.text()));
        say(out, "tokens", "%,d prompt or context, %,d trained", report.tokens() - report.trainedTokens(), report.trainedTokens());
        speakers.lines(report).forEach(line -> say(out, "turns", "%s", line));
        say(out, "truncated", "%,d rows, %,d dropped%s", report.truncated().rows(), report.dropped().rows(),
            report.leftOut().rows() == 0 ? "" : String.format(Locale.ROOT, ", %,d left out as too long", report.leftOut().rows()));
        say(out, "spelled", "%,d rows in which a user or tool spells a control token", report.spelled().rows());
        job.task().compared().ifPresent(compared -> say(out, "reference", "%s", compared.text(job.adapter())));
        printSteps(out);
        printWork(out);
        var first = firstStep.getFirst();
        out.println();
        out.printf(Locale.ROOT, "First micro-batch: %,d rows, %,d tokens, %,d trained%n", first.sequences(), first.rows(),
            first.trainedRows().length);
        text.of(first).forEach(row -> out.println("  " + row.replace("\n", "\n    ")));
        out.flush();
    }

    /** Prints what is known of a run without data, as if every row were as long as it may be and trained as a whole. */
    void printWithoutData(PrintWriter out) {
        printModel(out);
        var micro = firstStep.getFirst();
        var steps = job.recipe().steps();
        int texts = micro.sequences() / steps.batchSize();
        say(out, "data", "none given: micro-batches of %,d rows of %s%,d tokens are assumed, all of them trained", steps.batchSize(),
            texts == 1 ? "" : texts + " × ", micro.rows() / micro.sequences());
        say(out, "steps", "%s", steps.maxSteps() > 0 ? String.format(Locale.ROOT, "%,d of %d × %d rows", steps.maxSteps(),
            steps.batchSize(), steps.accumulation()) : "not known without --dataset_name");
        printFlops(out);
        out.flush();
    }

    private void printModel(PrintWriter out) {
        say(out, "model", "%s (%s, %d layers)", job.name(), config.modelType(), config.numHiddenLayers());
        say(out, "parameters", "%,d, of which %,d are trained", count(_ -> true), count(Parameter::isTrained));
        say(out, "memory", "%s = %s of %s free", MemoryPlan.breakdown(footprint.bytes()), MemoryPlan.readable(footprint.totalBytes()),
            MemoryPlan.readable(room.freeBytes()));
        footprint.phasesText().ifPresent(text -> say(out, "phases", "%s", text));
        if (job.recipe().passes().whereNeeded()) {
            say(out, "recomputes", "%s", job.recipe().passes().gradientCheckpointing()
                ? "yes: layers are computed again on the way back, since all activations do not fit" : "no: all activations fit");
        }
        say(out, "process", "%s", Resident.now().map(bytes -> String.format(Locale.ROOT,
            "%s in all: the JVM with the rows has %s now (it may grow to its heap limit of %s)",
            MemoryPlan.readable(bytes + footprint.totalBytes()), MemoryPlan.readable(bytes),
            MemoryPlan.readable(Runtime.getRuntime().maxMemory()))).orElse("the JVM's own memory is not known on this system"));
    }

    private void printSteps(PrintWriter out) {
        say(out, "steps", "%s", job.stepsText());
        say(out, "", "%s%,d tokens in the first step; memory is for micro-batches of up to %,d", meanTokens().isPresent()
            ? String.format(Locale.ROOT, "%,.0f tokens a step on average, ", meanTokens().getAsDouble()) : "", firstTokens(),
            job.rows().training().extent(job.recipe().steps()).tokens());
        printFlops(out);
    }

    private long firstTokens() {
        return firstStep.stream().mapToLong(Batch::rows).sum();
    }

    /** Tokens of a step of an epoch, if it is known how long that is: of all its sequences, as {@link #firstTokens} counts them. */
    private OptionalDouble meanTokens() {
        var perEpoch = job.rows().training().stepsPerEpoch(job.recipe().steps());
        return perEpoch.isEmpty() ? OptionalDouble.empty()
            : OptionalDouble.of((double) tokensOfSteps(perEpoch.getAsInt()) / perEpoch.getAsInt());
    }

    /** Answers of other rows are no rows of the report. */
    private long tokensOfSteps(int perEpoch) {
        var batches = job.batches();
        return job.task().batching().mismatched().isEmpty() ? job.rows().training().report().tokens()
            : IntStream.range(0, perEpoch).mapToObj(batches::step).flatMap(List::stream).mapToLong(Batch::rows).sum();
    }

    private void printFlops(PrintWriter out) {
        var flops = StepFlops.of(config, footprint.parameters(), job.task(), firstStep);
        say(out, "FLOPs", "%.3g in the first step: matrices %.3g, adapter %.3g, attention %.3g, head %.3g", flops.total(), flops.matrices(),
            flops.adapter(), flops.attention(), flops.head());
        say(out, "", "= %s", StepFlops.FORMULA);
    }

    /** FLOPs of all steps if work goes with tokens. */
    private double work() {
        return flopsOfFirst() * tokens() / firstTokens();
    }

    private double tokens() {
        return totalSteps * meanTokens().orElse(firstTokens());
    }

    private double flopsOfFirst() {
        return StepFlops.of(config, footprint.parameters(), job.task(), firstStep).total();
    }

    /** The same in numbers. */
    StageCost cost(int kept) {
        return new StageCost(footprint, 0, room.freeBytes(), Optional.of(new StageCost.Work(totalSteps, tokens(), false, work())), kept);
    }

    /** The same of so many rows that aren't there; 0 = nobody knows how many. */
    StageCost costWithoutRows(int expected, int kept) {
        var steps = job.recipe().steps();
        long ofEpoch = Math.ceilDiv(expected, (long) steps.batchSize() * steps.accumulation());
        long all = steps.maxSteps() > 0 ? steps.maxSteps() : (long) Math.ceil(ofEpoch * steps.epochs());
        return new StageCost(footprint, 0, room.freeBytes(), all > 0 ? Optional.of(new StageCost.Work(all, (double) all * firstTokens(),
            true, all * flopsOfFirst())) : Optional.empty(), kept);
    }

    /** What no plan can know, and the nearest thing to it. */
    private void printWork(PrintWriter out) {
        double work = work();
        say(out, "not known", "the time: about %.3g FLOPs in all if work goes with tokens, %s at %.0f GFLOP/s; loading, evaluation and "
            + "saving come on top", work, duration(work / EXAMPLE_RATE), EXAMPLE_RATE / 1e9);
    }

    private static String duration(double seconds) {
        return seconds < 120 ? String.format(Locale.ROOT, "%.1f s", seconds)
            : seconds < 7200 ? String.format(Locale.ROOT, "%.1f min", seconds / 60) : String.format(Locale.ROOT, "%.1f h", seconds / 3600);
    }

    private long count(Predicate<Parameter> which) {
        return footprint.parameters().stream().filter(which).mapToLong(parameter -> parameter.value().count()).sum();
    }

    private static void say(PrintWriter out, String name, String format, Object... arguments) {
        out.println(String.format(Locale.ROOT, "%-10s  %s", name, String.format(Locale.ROOT, format, arguments)));
    }
}
