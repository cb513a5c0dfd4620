package dev.leeway.judge;

import java.time.Duration;
import java.util.Optional;

/** What came of one call of an endpoint. */
sealed interface Reply {

    /** An answer. */
    record Answered(Verdict.Given verdict) implements Reply { }

    /** Nothing that would be different for another call of this question. */
    record Rejected(String kind, String reason) implements Reply { }

    /** Nothing, but another attempt may succeed, after a wait that the server may have named. */
    record Failed(String kind, String reason, Optional<Duration> askedWait) implements Reply { }
}
