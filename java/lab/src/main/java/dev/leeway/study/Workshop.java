package dev.leeway.study;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;

/** Carries out trainings. */
public interface Workshop {

    /**
     * Trains. Where an earlier attempt at the same training left checkpoints in the folder, it goes on from the newest.
     *
     * @return whether it came to its end; false where it was asked to stop, and saved what it had
     * @throws dev.leeway.LeewayException if it can't
     */
    boolean train(Training training);

    /** The checkpoints that a finished training kept because its grid says so, by their steps. */
    List<Kept> kept(Path output);

    /**
     * A training.
     *
     * @param command as {@link Stage#command()}
     * @param options as {@link Stage#options()}
     * @param grid of checkpoints that stay, as {@link Stage#grid()}
     * @param model the folder of the model it begins with; empty for a new one
     * @param rows the file it is trained on
     * @param seed of its random numbers
     * @param output the folder it writes
     */
    record Training(String command, SequencedMap<String, String> options, String grid, Optional<Path> model, Optional<Path> rows,
            long seed, Path output) {
    }

    /**
     * A checkpoint that stayed.
     *
     * @param step behind which it was taken
     * @param folder a model's
     * @param isEnd whether it has the weights that the training ended with
     */
    record Kept(int step, Path folder, boolean isEnd) {

        /** One on the way. */
        public Kept(int step, Path folder) {
            this(step, folder, false);
        }
    }
}
