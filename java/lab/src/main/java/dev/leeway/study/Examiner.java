package dev.leeway.study;

import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/** Has models take exams. */
public interface Examiner {

    /**
     * Examines a model, or goes on with an examination that was stopped.
     *
     * @param exam what it is asked
     * @param model the model's folder
     * @param data the folder of the exam's own items, if it has them
     * @param output the folder of this examination alone, whose records are kept
     * @return one outcome an item, setting and measure; empty where it was asked to stop
     * @throws dev.leeway.LeewayException if it can't
     */
    Optional<List<Outcome>> examine(Exam exam, Path model, Optional<Path> data, Path output);

    /**
     * Names judges, data files and all else that outcomes depend on beside exam and model.
     *
     * @throws dev.leeway.LeewayException if something isn't there, in one sentence
     */
    String dependencies(Exam exam, Optional<Path> data);

    /**
     * What a model got for an item: the mean over epochs.
     *
     * @param setting the evaluation prompt's name, with the context behind a slash where it isn't plain
     * @param item its id
     * @param slices that it belongs to
     * @param values by measure; a measure whose answers are all missing is left out
     * @param missing answers without a value, by measure
     */
    record Outcome(String setting, String item, Map<String, String> slices, Map<String, Double> values, Map<String, Integer> missing) {

        /** Takes copies. */
        public Outcome {
            slices = Collections.unmodifiableSortedMap(new TreeMap<>(slices));
            values = Collections.unmodifiableSortedMap(new TreeMap<>(values));
            missing = Collections.unmodifiableSortedMap(new TreeMap<>(missing));
        }

        /** Measures that it was graded by, with a value or without. */
        public SortedSet<String> measures() {
            var measures = new TreeSet<>(values.keySet());
            measures.addAll(missing.keySet());
            return measures;
        }

        /** Whether it belongs to a slice, {@code key=value}; empty = all. */
        public boolean in(String slice) {
            int equals = slice.indexOf('=');
            return slice.isEmpty() || equals > 0 && slice.substring(equals + 1).equals(slices.get(slice.substring(0, equals)));
        }
    }
}
