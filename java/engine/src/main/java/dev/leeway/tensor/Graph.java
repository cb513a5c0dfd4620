package dev.leeway.tensor;

import dev.leeway.ffi.Native;
import dev.leeway.ffi.Region;

/**
 * Calls that were recorded once by {@link Device#record} and are queued again as a whole, with the very arguments that they had: what
 * differs from run to run must lie in tensors.
 */
public final class Graph implements AutoCloseable {

    private final Native library;
    private final Region handle;

    Graph(Native library, Region handle) {
        this.library = library;
        this.handle = handle;
    }

    /** Queues its calls. */
    public void replay() {
        library.replay(handle);
    }

    /** Forgets it; the device does so where nobody else did. */
    @Override
    public void close() {
        library.destroy(handle);
    }
}
