package dev.leeway.bench.launch;

import org.bytedeco.javacpp.annotation.Name;
import org.bytedeco.javacpp.annotation.Platform;

/** The functions of {@code noop.c} by JavaCPP, whose own builder writes and compiles the glue when this module is built. */
@Platform(include = "noop.h", link = "leeway_bench")
public final class JavaCppCalls {

    private JavaCppCalls() {
    }

    @Name("bench_noop")
    static native void noop();

    @Name("bench_launch")
    static native int launch(long function, int gridX, int gridY, int gridZ, int blockX, int blockY, int blockZ, int shared, long stream,
        long parameters, long extra);
}
