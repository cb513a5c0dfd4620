package dev.leeway.eval;

import java.util.Map;

/** One question of a benchmark. Each benchmark has a record of its own with what it needs to ask and to score. */
public interface Item {

    /** Names it within its benchmark, the same in every version of the data that has it: results are paired by it. */
    String id();

    /** What results are reported by beside the whole: {@code language → es}; a key and a value for each division. May be empty. */
    default Map<String, String> slices() {
        return Map.of();
    }
}
