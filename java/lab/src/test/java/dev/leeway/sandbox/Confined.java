package dev.leeway.sandbox;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Assumptions;

/**
 * The sandbox of tests that run something. Where bubblewrap itself can't make namespaces they are reported as skipped, with the reason;
 * where it can, a sandbox that doesn't open is a failure. {@code .ci/run} asks the same, and says what was not run.
 */
final class Confined {

    private Confined() {
    }

    static Sandbox open() {
        var refusal = refusal();
        Assumptions.assumeTrue(refusal.isEmpty(), refusal.orElse(""));
        return Sandbox.open();
    }

    /** What bubblewrap says to the least that can be asked of it, as the user that a cage would run it as; empty where it does it. */
    private static Optional<String> refusal() {
        var command = new ArrayList<String>();
        if ("root".equals(System.getProperty("user.name"))) {
            command.addAll(List.of("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"));
        }
        command.addAll(List.of("bwrap", "--unshare-all", "--ro-bind", "/", "/", "true"));
        try {
            var process = new ProcessBuilder(command).redirectErrorStream(true).start();
            process.getOutputStream().close();
            var said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
            return process.waitFor() == 0 ? Optional.empty() : Optional.of("programs can't be confined here: " + said);
        } catch (IOException missing) {
            return Optional.of("programs can't be confined here: " + missing.getMessage());
        } catch (InterruptedException interrupted) {
            throw new IllegalStateException(interrupted);
        }
    }
}
