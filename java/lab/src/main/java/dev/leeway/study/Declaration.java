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

    /**
     * The same question put to toy models whose answer is known, with less training than at toy scale. Its primary contrasts are the
     * study's own, turned so that they are above 0 where an effect is planted.
     */
    Study planted(Plant plant);

    /** What it tells beside its contrasts. */
    List<Analysis> analyses();

    /** What a scale needs beside this program, each in a sentence: a base model, data, a judge. */
    List<String> needs(Scale scale);
}
