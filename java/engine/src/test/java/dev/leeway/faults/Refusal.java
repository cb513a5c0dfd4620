package dev.leeway.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.LeewayException;
import org.junit.jupiter.api.function.Executable;

/** What every refusal has in common: a kind, and one line. */
public final class Refusal {

    private Refusal() {
    }

    /** The action is refused, in one line that contains every given part. */
    public static void assertRefused(LeewayException.Kind kind, Executable action, String... parts) {
        var failure = assertThrows(LeewayException.class, action);
        assertEquals(kind, failure.kind(), failure.getMessage());
        assertFalse(failure.getMessage().contains("\n"), failure.getMessage());
        for (var part : parts) {
            assertTrue(failure.getMessage().contains(part), () -> "expected <" + part + "> in: " + failure.getMessage());
        }
    }
}
