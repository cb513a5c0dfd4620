package dev.leeway.judge;

import java.time.Duration;
import java.time.Instant;

/** The clock that waits are taken by; tests have one that doesn't wait. */
interface Time {

    Time SYSTEM = new Time() {
        @Override
        public Instant now() {
            return Instant.now();
        }

        @Override
        public long nanos() {
            return System.nanoTime();
        }

        @Override
        public void sleep(Duration duration) throws InterruptedException {
            Thread.sleep(duration);
        }
    };

    /** The wall's clock, for dates that a server names. */
    Instant now();

    /** A clock that never goes back. */
    long nanos();

    void sleep(Duration duration) throws InterruptedException;
}
