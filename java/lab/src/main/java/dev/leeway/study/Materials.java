package dev.leeway.study;

import java.util.Map;
import java.util.SequencedMap;
import java.util.stream.Stream;
import tools.jackson.databind.node.ObjectNode;

/** Makes what studies are trained on and asked. Everything is a pure function of its arguments. */
public interface Materials {

    /**
     * Rows to train on.
     *
     * @param generator its name
     * @param seed of the draws
     * @param count how many
     * @param settings of the generator
     * @throws dev.leeway.LeewayException if there is no such generator, or it has no such setting
     */
    Stream<ObjectNode> rows(String generator, long seed, int count, Map<String, String> settings);

    /**
     * The files of a benchmark's data, by their names within its folder.
     *
     * @throws dev.leeway.LeewayException as above
     */
    SequencedMap<String, String> items(String generator, Map<String, String> settings);
}
