package dev.leeway.study;

import java.nio.file.Path;
import java.util.List;

/** A study that can be carried out at several scales. */
public interface Declaration {

    /** As {@code leeway study run} has it. */
    String name();

    /** What it asks. */
    String question();

    /**
     * What it is at a scale.
     *
     * @param data the folder of the files that the scale needs
     */
    Study at(Scale scale, Path data);

    /** What a scale needs beside this program, each in a sentence: a base model, data, a judge. */
    List<String> needs(Scale scale);
}
