package dev.leeway.study;

import dev.leeway.LeewayException;
import dev.leeway.io.JsonFile;
import dev.leeway.io.Sha256;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.SequencedMap;
import java.util.TreeMap;
import tools.jackson.databind.node.ObjectNode;

/** What a stage is trained on. */
public sealed interface Rows {

    /** All that determines them but the seed, with {@code seeded} where that does too. */
    ObjectNode json();

    /** How much there is of them: rows, or bytes of a file; 1 where that isn't known. */
    long size();

    /** Whether each seed of the study has rows of its own. */
    default boolean seeded() {
        return false;
    }

    /**
     * Rows that are made.
     *
     * @param generator who makes them, as {@link Materials} names it
     * @param count how many
     * @param settings of the generator
     * @param seeded whether each seed of the study has rows of its own
     */
    record Made(String generator, int count, SequencedMap<String, String> settings, boolean seeded) implements Rows {

        /** Takes a copy. */
        public Made {
            settings = new LinkedHashMap<>(settings);
        }

        @Override
        public long size() {
            return count;
        }

        @Override
        public ObjectNode json() {
            var json = JsonFile.newObject().put("generator", generator).put("count", count).put("seeded", seeded);
            var given = json.putObject("settings");
            new TreeMap<>(settings).forEach(given::put); // the same settings are the same rows
            return json;
        }
    }

    /**
     * Rows of a file, which are the same for every seed. One that isn't there can be planned with.
     *
     * @param file JSON lines, or whatever the command reads
     * @param expected how many the paper has, by which a plan counts steps while the file isn't there; 0 = not known
     */
    record Given(Path file, int expected) implements Rows {

        /** Stands for the sum of a file that isn't there. */
        static final String ABSENT = "absent";

        /** Of nobody knows how many. */
        public Given(Path file) {
            this(file, 0);
        }

        @Override
        public long size() {
            return Math.max(1, file.toFile().length());
        }

        @Override
        public ObjectNode json() {
            if (!Files.exists(file)) {
                return JsonFile.newObject().put("file", file.getFileName().toString()).put("sha256", ABSENT);
            }
            return JsonFile.newObject().put("file", file.getFileName().toString()).put("sha256", Sha256.ofFile(file));
        }
    }

    /**
     * Some of other rows: what a quantity of data does is seen where less is part of more.
     *
     * @param of the others
     * @param stride the first of so many is kept
     * @param deduplicate whether rows that say the same as an earlier one are left out before
     */
    record Thinned(Rows of, int stride, boolean deduplicate) implements Rows {

        /** Checks the stride. */
        public Thinned {
            if (stride < 1) {
                throw LeewayException.usage("of rows, the first of so many is kept: 1 or more; got %d", stride);
            }
        }

        @Override
        public long size() {
            return Math.max(1, of.size() / stride);
        }

        @Override
        public ObjectNode json() {
            var json = JsonFile.newObject().put("stride", stride).put("deduplicate", deduplicate);
            json.set("of", of.json());
            return json;
        }

        @Override
        public boolean seeded() {
            return of.seeded();
        }
    }
}
