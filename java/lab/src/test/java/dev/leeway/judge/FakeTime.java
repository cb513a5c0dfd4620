package dev.leeway.judge;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** A clock that a sleeper moves on at once. */
final class FakeTime implements Time {

    static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

    private final List<Long> sleeps = new ArrayList<>();
    private long nanos;

    @Override
    public synchronized Instant now() {
        return START.plusNanos(nanos);
    }

    @Override
    public synchronized long nanos() {
        return nanos;
    }

    @Override
    public synchronized void sleep(Duration duration) {
        sleeps.add(duration.toMillis());
        nanos += duration.toNanos();
    }

    /** Milliseconds of each sleep. */
    synchronized List<Long> sleeps() {
        return List.copyOf(sleeps);
    }
}
