package dev.leeway.io;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/** Runs a few long tasks at the same time, each on a thread of its own. An interrupt does not cut them short. */
final class SideBySide {

    /** Work on a file. */
    interface Task<T> {
        T run() throws IOException;
    }

    private SideBySide() {
    }

    /** The tasks' results in their order. All tasks have ended when this returns, or throws what the first of them threw that failed. */
    static <T> List<T> run(List<Task<T>> tasks) throws IOException {
        var running = tasks.stream().map(SideBySide::start).toList();
        var results = new ArrayList<T>();
        var failures = new ArrayList<Throwable>();
        for (var one : running) {
            try {
                results.add(one.join());
            } catch (CompletionException failure) {
                failures.add(failure.getCause());
            }
        }
        if (!failures.isEmpty()) {
            throw failure(failures);
        }
        return results;
    }

    private static <T> CompletableFuture<T> start(Task<T> task) {
        var result = new CompletableFuture<T>();
        try {
            Thread.ofPlatform().daemon().name("checkpoint-file").start(() -> {
                try {
                    result.complete(task.run());
                } catch (Throwable failure) {
                    result.completeExceptionally(failure);
                }
            });
        } catch (OutOfMemoryError noThread) { // the tasks that did start must be waited for
            result.completeExceptionally(noThread);
        }
        return result;
    }

    private static IOException failure(List<Throwable> failures) {
        var first = failures.getFirst();
        failures.stream().filter(other -> other != first).forEach(first::addSuppressed);
        switch (first) {
            case RuntimeException mistake -> throw mistake;
            case Error error -> throw error;
            case IOException failure -> {
                return failure;
            }
            default -> throw new AssertionError("a task throws nothing else", first);
        }
    }
}
