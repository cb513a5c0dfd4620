package dev.leeway.train;

import dev.leeway.LeewayException;
import dev.leeway.model.Batch;
import dev.leeway.model.RowNames;
import dev.leeway.objective.Scope;
import java.util.HashMap;
import java.util.List;

/**
 * Looks whether micro-batches keep together what an objective must see at once. Sequences are always whole, and statistics of a whole step
 * come from a pass of their own, so only pairs and groups can be torn.
 *
 * @param step what the micro-batches make up, as messages call it
 * @param names of rows
 * @param micros the micro-batches
 */
record WholeUnits(String step, RowNames names, List<Batch> micros) {

    void require(Scope scope) {
        switch (scope) {
            case TOKEN, SEQUENCE, BATCH -> { }
            case PAIR -> requirePairs();
            case GROUP -> requireGroups();
        }
    }

    /** Every two neighbours are a pair. */
    private void requirePairs() {
        for (int micro = 0; micro < micros.size(); micro++) {
            var units = micros.get(micro).unitIds();
            for (int s = 0; s < units.length; s += 2) {
                if (s + 1 == units.length || units[s] != units[s + 1]) {
                    throw LeewayException.data("%s, micro-batch %d: sequence %d (%s) has no partner behind it; a pair is a chosen and a "
                        + "rejected sequence of one row, one behind the other in one micro-batch: keep them together", step, micro + 1,
                        s + 1, names.of(units[s]));
                }
            }
        }
    }

    /** No unit is in two micro-batches. */
    private void requireGroups() {
        var homes = new HashMap<Long, Integer>();
        for (int micro = 0; micro < micros.size(); micro++) {
            for (long unit : micros.get(micro).unitIds()) {
                var home = homes.putIfAbsent(unit, micro);
                if (home != null && home != micro) {
                    throw LeewayException.data("%s: the sequences of %s are in micro-batches %d and %d; a group is scored as one: keep it "
                        + "together, in larger micro-batches if need be", step, names.of(unit), home + 1, micro + 1);
                }
            }
        }
    }
}
