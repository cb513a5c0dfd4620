package dev.leeway.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.LeewayException;
import org.junit.jupiter.api.function.Executable;

/** What every refusal has in common. */
final class Failures {

    private Failures() {
    }

    /** The action is refused as bad data, in one line that contains every given part. */
    static void assertRefused(Executable action, String... parts) {
        var failure = assertThrows(LeewayException.class, action);
        assertEquals(LeewayException.Kind.DATA, failure.kind());
        assertFalse(failure.getMessage().contains("\n"), failure.getMessage());
        for (var part : parts) {
            assertTrue(failure.getMessage().contains(part), () -> "expected <" + part + "> in: " + failure.getMessage());
        }
    }
}
