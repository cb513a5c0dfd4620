package dev.leeway.study;

import dev.leeway.io.Sha256;
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

    /** SHA-256 of rows, one a line: what is trained on is known by what it is, and not by who made it. */
    default String sum(String generator, long seed, int count, Map<String, String> settings) {
        var sum = new Sha256();
        try (var rows = rows(generator, seed, count, settings)) {
            rows.forEach(row -> sum.add(row.toString()));
        }
        return sum.hex();
    }

    /** SHA-256 of files, with their names. */
    static String sum(SequencedMap<String, String> files) {
        var sum = new Sha256();
        files.forEach((name, text) -> sum.add(name).add(text));
        return sum.hex();
    }
}
