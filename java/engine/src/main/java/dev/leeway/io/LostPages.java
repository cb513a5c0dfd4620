package dev.leeway.io;

/** Pages of a mapped file that are no longer there, since somebody shortened it. */
final class LostPages {

    private LostPages() {
    }

    /**
     * The virtual machine reports a touched page that is lost by an InternalError, but compiled code meets it at its next safepoint only,
     * which may lie behind the end of the method that touched the page. Returning from native code is such a safepoint: after this call
     * everything touched before has been reported.
     */
    static void raise() {
        Thread.yield();
    }
}
