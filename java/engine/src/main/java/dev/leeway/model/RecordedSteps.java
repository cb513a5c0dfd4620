package dev.leeway.model;

import dev.leeway.tensor.Device;
import dev.leeway.tensor.Graph;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/**
 * Steps of a kind that come again and again, told apart by their size: the first two of a size run call by call, the third one is
 * recorded, and later ones are one call. Where a back end records nothing, or has no memory for it, all run call by call. The bits are
 * the same.
 */
final class RecordedSteps implements AutoCloseable {

    /** A graph of a deep model holds some thousand calls, so few sizes are kept. */
    private static final int MOST = 64;

    /** Steps of a size before one is recorded, which costs as much as a few of them. */
    private static final int CALL_BY_CALL = 2;

    private final Runnable step;
    private final List<Optional<Graph>> graphs;
    private final int[] runs;
    private long state;
    private int held;
    private boolean canRecord = true;

    /** Steps of the sizes 0 to {@code largest}; {@code step} makes one whose size and inputs lie in tensors and fields by then. */
    RecordedSteps(int largest, Runnable step) {
        this.step = step;
        graphs = new ArrayList<>(Collections.nCopies(largest + 1, Optional.empty()));
        runs = new int[largest + 1];
    }

    /** Makes a step. Where {@code newState} is not the last one, its calls may have other arguments than those recorded. */
    void run(Device device, int size, long newState) {
        if (!canRecord || device.runsOneByOne()) {
            step.run();
            return;
        }
        if (newState != state) {
            forget();
            state = newState;
        }
        if (runs[size] < CALL_BY_CALL) {
            runs[size]++;
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
            runs[size] = CALL_BY_CALL;
        }
        var graph = device.record(step);
        if (graph.isPresent()) {
            held++;
            graphs.set(size, graph);
        } else {
            canRecord = false;
            forget(); // what graphs take may be what the run lacks
        }
    }

    private void forget() {
        graphs.forEach(graph -> graph.ifPresent(Graph::close));
        Collections.fill(graphs, Optional.empty());
        Arrays.fill(runs, 0);
        held = 0;
    }

    /** Forgets what was recorded; steps can still be made, and are recorded anew. */
    @Override
    public void close() {
        forget();
    }
}
