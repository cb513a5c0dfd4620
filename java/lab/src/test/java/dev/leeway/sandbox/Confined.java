package dev.leeway.sandbox;

import dev.leeway.LeewayException;
import java.util.Optional;
import org.junit.jupiter.api.Assumptions;

/** The sandbox of tests that run something. Where the machine can't confine programs they are reported as skipped, with the reason. */
final class Confined {

    private Confined() {
    }

    static Sandbox open() {
        Optional<Sandbox> sandbox = Optional.empty();
        var refusal = "";
        try {
            sandbox = Optional.of(Sandbox.open());
        } catch (LeewayException refused) {
            refusal = refused.getMessage();
        }
        Assumptions.assumeTrue(sandbox.isPresent(), refusal);
        return sandbox.orElseThrow();
    }
}
