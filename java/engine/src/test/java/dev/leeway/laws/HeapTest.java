package dev.leeway.laws;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import dev.leeway.faults.CheckpointedRun;
import dev.leeway.faults.CheckpointedRun.Kind;
import dev.leeway.faults.CheckpointedRun.Saving;
import dev.leeway.train.StopRequest;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A long run keeps nothing of its steps, and allocates the same for each. */
final class HeapTest {

    private static final List<Integer> MARKS = List.of(200, 1000, 2000);
    /** Steps of a run before, in which the virtual machine loads and compiles what it needs: some 100 KB. */
    private static final int WARM_UP = 1000;
    /** 36 bytes for each of 1800 steps, less than a log line takes. */
    private static final long MOST_GROWTH = 64 << 10;
    /** A log line with its numbers' texts, and the records of two micro-batches: 5.8 KB. 300 lambdas, one a call, would be 7 KB more. */
    private static final long MOST_A_STEP = 12 << 10;

    @TempDir
    private Path folder;

    @ParameterizedTest
    @EnumSource(names = {"FULL", "RECOMPUTED"})
    void twoThousandStepsWithLogAndCheckpointsKeepNothing(Kind kind) {
        try (var run = CheckpointedRun.open(folder.resolve("before"), kind, Saving.every(200))) {
            run.train(WARM_UP);
        }
        var thread = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        var heap = new ArrayList<Long>();
        var allocated = new ArrayList<Long>();
        try (var run = CheckpointedRun.open(folder.resolve("measured"), kind, Saving.every(200))) {
            run.train(MARKS.getLast(), new StopRequest(), report -> {
                if (MARKS.contains(report.step())) {
                    heap.add(live());
                    allocated.add(thread.getCurrentThreadAllocatedBytes());
                }
            });
        }
        assertTrue(heap.getLast() - heap.getFirst() < MOST_GROWTH, () -> kind + ": live bytes behind " + MARKS + " steps: " + heap);
        long perStep = (allocated.getLast() - allocated.get(1)) / (MARKS.getLast() - MARKS.get(1));
        assertTrue(perStep < MOST_A_STEP, () -> kind + ": a step allocates " + perStep + " bytes");
    }

    /** Bytes that are reachable. Soft and cleaned references may need a second collection. */
    private static long live() {
        System.gc();
        System.gc();
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }
}
