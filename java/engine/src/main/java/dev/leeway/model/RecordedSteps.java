package dev.leeway.model;

import dev.leeway.tensor.Device;
import dev.leeway.tensor.Graph;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/**
 * Steps of a kind that come again and again, told apart by their size: the first one of a size runs call by call, the second one is
 * recorded, and later ones are one call. Where a back end records nothing all run call by call. The bits are the same.
 */
final class RecordedSteps {

    /** A graph of a deep model holds some thousand calls, so few sizes are kept. */
    private static final int MOST = 64;

    private final Runnable step;
    private final List<Optional<Graph>> graphs;
    private final boolean[] seen;
    private long state;
    private int held;
    private boolean canRecord = true;

    /** Steps of the sizes 0 to {@code largest}; {@code step} makes one whose size and inputs lie in tensors and fields by then. */
    RecordedSteps(int largest, Runnable step) {
        this.step = step;
        graphs = new ArrayList<>(Collections.nCopies(largest + 1, Optional.empty()));
        seen = new boolean[largest + 1];
    }

    /** Makes a step. Where {@code newState} is not the last one, its calls may have other arguments than those recorded. */
    void run(Device device, int size, long newState) {
        if (!canRecord) {
            step.run();
            return;
        }
        if (newState != state) {
            forget();
            state = newState;
        }
        if (!seen[size]) {
            seen[size] = true;
            step.run();
            return;
        }
        if (graphs.get(size).isEmpty()) {
            record(device, size);
        }
        graphs.get(size).ifPresentOrElse(Graph::replay, step);
    }

    private void record(Device device, int size) {
        if (held == MOST) {
            forget();
        }
        var graph = device.record(step);
        canRecord = graph.isPresent();
        held += canRecord ? 1 : 0;
        graphs.set(size, graph);
    }

    private void forget() {
        graphs.forEach(graph -> graph.ifPresent(Graph::close));
        Collections.fill(graphs, Optional.empty());
        held = 0;
    }
}
