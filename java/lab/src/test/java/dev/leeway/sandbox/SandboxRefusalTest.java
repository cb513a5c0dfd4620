package dev.leeway.sandbox;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.LeewayException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where a program can't be confined it is not run. These hold on every machine, with or without bubblewrap. */
final class SandboxRefusalTest {

    @TempDir
    private Path folder;

    private LeewayException refusal(List<Path> folders) {
        return assertThrows(LeewayException.class, () -> Sandbox.open(folders));
    }

    private void tool(String name, String script) throws IOException {
        var file = Files.writeString(folder.resolve(name), "#!/bin/sh\n" + script + "\n");
        assertTrue(file.toFile().setExecutable(true, false) && folder.toFile().setExecutable(true, false)
            && folder.toFile().setReadable(true, false));
    }

    @Test
    void withoutBubblewrapNothingRunsAndThePackageIsNamed() {
        var refusal = refusal(List.of(folder));
        assertEquals(LeewayException.Kind.RESOURCES, refusal.kind());
        assertEquals("running untrusted code needs bwrap, which is in none of [" + folder + "]; install it (Debian: apt-get install "
            + "bubblewrap): without it nothing is run", refusal.getMessage());
    }

    @Test
    void whereTheKernelForbidsNamespacesNothingRunsAndBubblewrapsWordsAreGiven() throws IOException {
        tool("bwrap", "echo 'bwrap: No permissions to create new namespace' >&2; exit 1");
        var folders = new ArrayList<>(List.of(folder));
        tool("setpriv", "while [ \"${1#/}\" = \"$1\" ]; do shift; done; exec \"$@\""); // nobody may not enter the test's folder
        folders.addAll(Tools.FOLDERS);
        var refusal = refusal(folders);
        assertEquals(LeewayException.Kind.RESOURCES, refusal.kind());
        assertTrue(refusal.getMessage().contains("REFUSED") && refusal.getMessage().contains("No permissions to create new namespace"),
            refusal.getMessage());
        assertTrue(refusal.getMessage().contains("user namespaces"), refusal.getMessage());
    }

    @Test
    void bubblewrapThatEndsWithoutHavingRunTheProgramIsNoSuccess() throws IOException {
        tool("bwrap", "echo confined; exit 0"); // no status: nothing says that anything ran inside
        var folders = new ArrayList<>(List.of(folder));
        folders.addAll(Tools.FOLDERS);
        tool("setpriv", "while [ \"${1#/}\" = \"$1\" ]; do shift; done; exec \"$@\"");
        assertTrue(refusal(folders).getMessage().contains("REFUSED"));
    }

    @Test
    void anArchitectureWithoutAFilterHasNone() {
        assertTrue(SyscallFilter.of("riscv64").isEmpty());
        for (var known : List.of("amd64", "aarch64")) {
            int bytes = SyscallFilter.of(known).orElseThrow().length;
            assertTrue(bytes % 8 == 0 && bytes < 4096, known + ": " + bytes);
        }
    }

    @Test
    void limitsThatPythonCantStartWithinAreRefused() {
        var all = Limits.DEFAULT;
        assertThrows(LeewayException.class, () -> new Limits(all.wall(), all.cpu(), 1 << 20, 32, 1 << 20, 100));
        assertThrows(LeewayException.class, () -> all.within(Duration.ZERO));
    }
}
