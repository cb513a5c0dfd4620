package dev.leeway.train;

/**
 * The wish to end a run early, set from any thread: a signal handler, a button, a time limit. The trainer finishes its step and returns.
 */
public final class StopRequest {

    private volatile boolean requested;

    /** A request that nobody has made yet. */
    public StopRequest() {
    }

    /** Asks; asking again changes nothing. */
    public void request() {
        requested = true;
    }

    /** Whether somebody asked. */
    public boolean isRequested() {
        return requested;
    }
}
