package dev.leeway.cli;

import dev.leeway.LeewayException;
import dev.leeway.tensor.Device;
import dev.leeway.tensor.MemoryPlan;
import dev.leeway.train.TrainingSession;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Whether a training on a model's own completions fits into the memory that is free, and if not, which single changes make it fit. Each
 * change is planned as a run of its own, so its figure is what that run would take. What a reward model takes comes on top.
 *
 * @param job what would be trained
 * @param device where
 */
record RolloutRoom(RolloutJob job, Device device) {

    private record Change(String text, RolloutJob job) {
    }

    /** The job with layers computed again where that was left to memory and it does not fit otherwise. */
    static RolloutRoom of(RolloutJob asked, Device device) {
        var room = new RolloutRoom(asked, device);
        boolean recomputes = asked.recipe().passes().whereNeeded() && room.bytes(asked) > device.info().freeBytes();
        return recomputes ? new RolloutRoom(asked.withRecipe(asked.recipe().withGradientCheckpointing()), device) : room;
    }

    TrainingSession.Footprint footprint() {
        return TrainingSession.footprint(job.config(), job.settings(), device);
    }

    private long bytes(RolloutJob planned) {
        return TrainingSession.footprint(planned.config(), planned.settings(), device).bytesOn(device);
    }

    /** Ends the command if the run would not fit. */
    void require() {
        long free = device.info().freeBytes();
        long needed = bytes(job);
        if (needed > free) {
            throw LeewayException.resources("needs %s, device has %s: %s; %s", MemoryPlan.readable(needed), MemoryPlan.readable(free),
                MemoryPlan.breakdown(footprint().bytes()), advice(free));
        }
    }

    private String advice(long free) {
        var fitting = new ArrayList<String>();
        for (var kind : List.of(checkpointing(), smallerBatches(), fewerLanes(), adapter())) {
            kind.stream().filter(change -> bytes(change.job()) <= free).findFirst()
                .ifPresent(change -> fitting.add(change.text() + " gives " + MemoryPlan.readable(bytes(change.job()))));
        }
        return fitting.isEmpty() ? "no single change makes it fit; shorten prompts and completions (max_prompt_length, "
            + "max_completion_length) and lower per_device_train_batch_size and max_num_seqs together, or take a smaller model"
            : String.join(", ", fitting);
    }

    private List<Change> checkpointing() {
        return job.recipe().passes().gradientCheckpointing() ? List.of()
            : List.of(new Change("gradient_checkpointing: true", job.withRecipe(job.recipe().withGradientCheckpointing())));
    }

    /** The largest first. */
    private List<Change> smallerBatches() {
        int size = job.recipe().steps().batchSize();
        return IntStream.range(1, size).map(i -> size - i).filter(smaller -> size % smaller == 0)
            .mapToObj(smaller -> new Change(smallerBatch(smaller, size / smaller), job.withMicroBatch(smaller))).toList();
    }

    /** With everything that counts micro-batches, so that steps and rollouts stay what they are. */
    private String smallerBatch(int size, int factor) {
        var given = job.extent().microBatches();
        int accumulation = factor * job.recipe().steps().accumulation();
        return given.isEmpty() ? "per_device_train_batch_size: %d with gradient_accumulation_steps: %d".formatted(size, accumulation)
            : "per_device_train_batch_size: %d with gradient_accumulation_steps: %d and steps_per_generation: %d".formatted(size,
                accumulation, factor * given.getAsInt());
    }

    private List<Change> fewerLanes() {
        return IntStream.iterate(job.extent().lanes() / 2, lanes -> lanes > 0, lanes -> lanes / 2)
            .mapToObj(lanes -> new Change("max_num_seqs: " + lanes, job.withExtent(job.extent().withLanes(lanes)))).toList();
    }

    private List<Change> adapter() {
        var lora = new LoraOptions().configured(job.name());
        return job.adapter().isPresent() ? List.of() : List.of(new Change("use_peft with lora_r: " + lora.scale().r(),
            job.withAdapter(lora)));
    }
}
