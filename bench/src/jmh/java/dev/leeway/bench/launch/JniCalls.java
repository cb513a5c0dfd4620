package dev.leeway.bench.launch;

/** The functions of {@code noop.c} by JNI; {@link Libraries#load} comes first. */
final class JniCalls {

    private JniCalls() {
    }

    static native void noop();

    static native int launch(long function, int gridX, int gridY, int gridZ, int blockX, int blockY, int blockZ, int shared, long stream,
        long parameters, long extra);
}
