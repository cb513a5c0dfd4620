package dev.leeway.judge;

import java.time.Duration;

/** Lets calls begin no closer together than a rate allows, and none before a time that the server named. */
final class Pace {

    private final Time time;
    private final long interval;
    private long free;

    Pace(Time time, double perSecond) {
        this.time = time;
        interval = Math.round(1e9 / perSecond);
        free = time.nanos();
    }

    /** Returns when a call may begin. */
    void await() throws InterruptedException {
        long wait;
        synchronized (this) {
            long now = time.nanos();
            long start = Math.max(now, free);
            free = start + interval;
            wait = start - now;
        }
        if (wait > 0) {
            time.sleep(Duration.ofNanos(wait));
        }
    }

    /** Holds all later calls back for so long from now. */
    synchronized void hold(Duration duration) {
        free = Math.max(free, time.nanos() + duration.toNanos());
    }
}
