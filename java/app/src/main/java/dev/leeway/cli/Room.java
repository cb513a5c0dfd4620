package dev.leeway.cli;

import dev.leeway.LeewayException;
import dev.leeway.data.EpochBatches;
import dev.leeway.tensor.Device;
import dev.leeway.tensor.MemoryPlan;
import dev.leeway.train.TrainingSession;
import dev.leeway.train.TrainingSession.Footprint;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Whether a run fits into the memory that is free, and if not, the smallest changes with which it would. Each change is planned as a run of
 * its own, so its figure is what that run would take.
 *
 * @param job what would be trained
 * @param extras what else needs room
 * @param device where
 * @param freeBytes what it has
 */
record Room(TrainingRun.Job job, TrainingRun.Extras extras, Device device, long freeBytes) {

    private static final int SHORTEST = 32;

    /** A run that differs in one option, or in some. */
    private record Change(String text, TrainingRun.Job job) {
    }

    /** The room of a run whose open choices are settled by what the device has free. */
    static Room of(TrainingRun.Job job, TrainingRun.Extras extras, Device device) {
        return new Room(job, extras, device, device.info().freeBytes()).settled();
    }

    /** The same with layers computed again where that was left to memory and the run does not fit otherwise. */
    Room settled() {
        boolean recomputes = job.recipe().passes().whereNeeded() && footprint().bytesOn(device) > freeBytes;
        return recomputes ? new Room(job.withRecipe(job.recipe().withGradientCheckpointing()), extras, device, freeBytes) : this;
    }

    /** What the run takes. */
    Footprint footprint() {
        return footprint(job);
    }

    private Footprint footprint(TrainingRun.Job planned) {
        return TrainingSession.footprint(planned.config(), planned.settings(extras), device);
    }

    private long bytes(Change change) {
        return footprint(change.job()).bytesOn(device);
    }

    /** Ends the command if the run would not fit. */
    void require() {
        var footprint = footprint();
        long needed = footprint.bytesOn(device);
        if (needed > freeBytes) {
            throw LeewayException.resources("needs %s, device has %s: %s; %s", MemoryPlan.readable(needed),
                MemoryPlan.readable(freeBytes), MemoryPlan.breakdown(footprint.bytes()), advice());
        }
    }

    /** For each option alone the smallest change that fits; or else the smallest one of all together. */
    private String advice() {
        var fitting = Stream.of(checkpointing(), precomputed(job).stream().toList(), smallerBatches(job), shorterRows(job),
            adapter(job).stream().toList()).map(this::firstThatFits).flatMap(Optional::stream).toList();
        return fitting.isEmpty() ? together() : String.join(", ", fitting);
    }

    private Optional<String> firstThatFits(List<Change> changes) {
        for (var change : changes) {
            long needed = bytes(change);
            if (needed <= freeBytes) {
                return Optional.of(change.text() + " gives " + MemoryPlan.readable(needed));
            }
        }
        return Optional.empty();
    }

    /** Every option that changes no number first, then the adapter, then shorter rows. */
    private String together() {
        var kept = checkpointing().stream().findFirst().orElse(new Change("", job));
        var same = precomputed(kept.job()).map(change -> joined(kept, change)).orElse(kept);
        var start = smallerBatches(same.job()).reversed().stream().findFirst().map(change -> joined(same, change)).orElse(same);
        var lighter = adapter(start.job()).map(change -> joined(start, change)).orElse(start);
        var shorter = shorterRows(lighter.job()).stream().map(change -> joined(lighter, change)).toList();
        var steps = Stream.concat(Stream.of(lighter), shorter.stream()).toList();
        return firstThatFits(steps).orElseGet(() -> "even %s would need %s; take a smaller model, or a machine with more memory".formatted(
            steps.getLast().text().isEmpty() ? "the smallest such run" : steps.getLast().text(),
            MemoryPlan.readable(bytes(steps.getLast()))));
    }

    private static Change joined(Change first, Change second) {
        return new Change(first.text().isEmpty() ? second.text() : first.text() + " and " + second.text(), second.job());
    }

    /** Fewer rows at once and as many more micro-batches: the same numbers. The largest first. */
    private static List<Change> smallerBatches(TrainingRun.Job from) {
        int size = from.recipe().steps().batchSize();
        return IntStream.range(1, size).map(i -> size - i).filter(smaller -> size % smaller == 0)
            .filter(smaller -> (long) from.recipe().steps().accumulation() * (size / smaller) <= Integer.MAX_VALUE)
            .mapToObj(smaller -> smallerBatch(from, smaller)).toList();
    }

    private static Change smallerBatch(TrainingRun.Job from, int size) {
        var steps = from.recipe().steps();
        var evaluation = from.rows().evaluation();
        int accumulation = steps.accumulation() * (steps.batchSize() / size);
        var evaluated = evaluation.largestGroup() > size ? " and per_device_eval_batch_size: " + size : "";
        return new Change("per_device_train_batch_size: %d with gradient_accumulation_steps: %d%s".formatted(size, accumulation, evaluated),
            from.withRows(new TrainingRun.Rows(from.rows().training(), evaluation.atMost(size))).withRecipe(
                from.recipe().withSteps(new EpochBatches.Steps(size, accumulation, steps.epochs(), steps.maxSteps()))));
    }

    /** Rows cut to powers of two. The longest first. */
    private List<Change> shorterRows(TrainingRun.Job from) {
        var training = from.rows().training();
        int longest = Math.max(from.rows().evaluation().longest(), training.extent(from.recipe().steps()).longest());
        return IntStream.iterate(Integer.highestOneBit(Math.max(1, longest - 1)), length -> length >= SHORTEST, length -> length / 2)
            .mapToObj(length -> new Change("max_length: " + length, from.withRows(new TrainingRun.Rows(training.shortened(length),
                from.rows().evaluation().shortened(length))))).toList();
    }

    private List<Change> checkpointing() {
        return job.recipe().passes().gradientCheckpointing() ? List.of()
            : List.of(new Change("gradient_checkpointing: true", job.withRecipe(job.recipe().withGradientCheckpointing())));
    }

    /** The reference asked before the first step instead of a second model in memory. */
    private static Optional<Change> precomputed(TrainingRun.Job from) {
        return from.holdsReference() ? Optional.of(new Change("precompute_ref_log_probs: true", from.withTask(from.task().precomputed())))
            : Optional.empty();
    }

    /** The adapter that is trained where nothing more is asked for, if the command trains adapters. */
    private Optional<Change> adapter(TrainingRun.Job from) {
        if (!extras.offersAdapter() || from.adapter().isPresent()) {
            return Optional.empty();
        }
        var plain = new LoraOptions().configured(from.name());
        var adapter = from.task().scores() ? RewardOptions.withHead(plain) : plain;
        return Optional.of(new Change("use_peft with lora_r: " + adapter.scale().r(), from.withAdapter(adapter)));
    }
}
