package dev.leeway.train;

import dev.leeway.LeewayException;
import java.nio.file.Path;
import java.util.List;

/** What became of a checkpoint. */
public sealed interface CheckpointEvent {

    /** Steps behind the checkpoint. */
    int step();

    /**
     * It is on disk.
     *
     * @param step steps behind it
     * @param folder where it is
     * @param stallSeconds what the training loop waited: for the write before, and for the copy to the host
     * @param writeSeconds what checksums and disk took beside the training
     * @param problems old checkpoints that could not be removed, each a sentence
     */
    record Saved(int step, Path folder, double stallSeconds, double writeSeconds, List<String> problems) implements CheckpointEvent {
    }

    /**
     * It could not be written; earlier ones are still there.
     *
     * @param step steps behind it
     * @param reason why
     */
    record Failed(int step, LeewayException reason) implements CheckpointEvent {
    }
}
