package dev.leeway.model;

import dev.leeway.tensor.Device;
import dev.leeway.tensor.Graph;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Passes of training whose shapes come again and again: the first two of a shape run call by call, the third one is recorded, and later
 * ones are one call. Where a back end records nothing, or has no memory for it, all run call by call. The bits are the same.
 */
final class RecordedPasses {

    /** A graph of a deep model holds some thousand calls, so few shapes are kept: those that came last. */
    private static final int MOST = 16;

    /** Shapes that are counted. */
    private static final int MOST_COUNTED = 256;

    /** Passes of a shape before one is recorded, which costs as much as a few of them. */
    private static final int CALL_BY_CALL = 2;

    /** The part of an optimiser step that a pass is. */
    enum Part { ZERO_GRADIENTS, FORWARD, BACKWARD }

    /**
     * All that the calls of a pass depend on beside what lies in tensors: passes of equal shapes make the same calls.
     *
     * @param rows tokens
     * @param sequences sequences of them
     * @param head what the head's calls depend on
     * @param adapter whether adapters take part
     * @param packed whether products read copies of the weights
     */
    record Shape(Part part, long rows, long sequences, Head.Calls head, boolean adapter, boolean packed) {
    }

    /** A shape that came, with its graph once it has one. */
    private static final class Seen {
        private int runs;
        private Optional<Graph> graph = Optional.empty();
    }

    private final Map<Shape, Seen> shapes = new LinkedHashMap<>(16, 0.75f, true); // the one that came last is the last
    private int held;
    private boolean canRecord = true;

    /** Makes the calls of a pass; its inputs lie in tensors by then. */
    void run(Device device, Shape shape, Runnable calls) {
        if (!canRecord || device.runsOneByOne()) {
            calls.run();
            return;
        }
        var seen = shapes.computeIfAbsent(shape, first -> new Seen());
        if (shapes.size() > MOST_COUNTED) {
            drop(shapes.entrySet().iterator().next());
        }
        if (seen.runs < CALL_BY_CALL) {
            seen.runs++;
            calls.run();
            return;
        }
        if (seen.graph.isEmpty()) {
            record(device, seen, calls);
        }
        seen.graph.ifPresentOrElse(Graph::replay, calls);
    }

    private void record(Device device, Seen seen, Runnable calls) {
        if (held == MOST) {
            drop(shapes.entrySet().stream().filter(entry -> entry.getValue().graph.isPresent()).findFirst().orElseThrow());
        }
        seen.graph = device.record(calls);
        if (seen.graph.isPresent()) {
            held++;
        } else {
            canRecord = false;
            forget(); // what graphs take may be what the run lacks
        }
    }

    /** It is counted from the start when it comes again, so that shapes by turns are not recorded each time. */
    private void drop(Map.Entry<Shape, Seen> oldest) {
        shapes.remove(oldest.getKey());
        oldest.getValue().graph.ifPresent(graph -> {
            held--;
            graph.close();
        });
    }

    /** Forgets all, before the memory that the calls use is freed. */
    void forget() {
        shapes.values().forEach(seen -> seen.graph.ifPresent(Graph::close));
        shapes.clear();
        held = 0;
    }
}
