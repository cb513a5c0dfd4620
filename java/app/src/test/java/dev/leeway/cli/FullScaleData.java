package dev.leeway.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** The folder of one study's data at full scale, with a few real rows in each file's format. */
interface FullScaleData {

    /** The study. */
    String study();

    /**
     * Writes it.
     *
     * @param base the folder of a language model, where the study needs other models too
     */
    void write(Path data, Path base) throws IOException;

    /** What the study takes beside data and base, such as a judge. */
    List<Object> options();

    /** Whether a contrast must have an estimate over the two items of each exam that a dry run asks. */
    default boolean isSeen(String contrast) {
        return false;
    }
}
