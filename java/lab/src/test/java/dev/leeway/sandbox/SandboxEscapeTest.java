package dev.leeway.sandbox;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.LeewayException;
import dev.leeway.sandbox.Outcome.End;
import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Programs that try to get out, to take more than they may, or not to end. Each ends as it should, and leaves nothing behind. */
final class SandboxEscapeTest {

    private static final Limits LIMITS = new Limits(Duration.ofSeconds(30), Duration.ofSeconds(20), 256L << 20, 16, 1 << 20, 4000);
    /** What a program that would run for ever may take; Python starts within it on a machine that has much else to do. */
    private static final Limits SHORT = LIMITS.within(Duration.ofSeconds(3));

    private static Sandbox sandbox;

    @TempDir
    private Path outside;

    @BeforeAll
    static void open() {
        sandbox = Confined.open();
    }

    private final Set<ProcessHandle> seen = ConcurrentHashMap.newKeySet();
    private Thread spy;

    @BeforeEach
    void lookAtAllProcesses() {
        spy = Thread.ofPlatform().daemon().start(() -> {
            while (!Thread.currentThread().isInterrupted()) {
                ProcessHandle.current().descendants().forEach(seen::add);
                LockSupport.parkNanos(5_000_000);
            }
        });
    }

    @AfterEach
    void noneIsLeftRunning() throws InterruptedException {
        spy.interrupt();
        spy.join();
        assertEquals(List.of(), seen.stream().filter(ProcessHandle::isAlive).toList(), "processes that outlived their program");
    }

    private static Outcome run(String source) {
        return sandbox.run(Script.of(source), LIMITS);
    }

    private static void prints(String expected, String source) {
        var outcome = run(source);
        assertEquals(End.EXITED, outcome.end(), outcome::toString);
        assertEquals(expected + "\n", outcome.stdout(), outcome::toString);
    }

    @Test
    void aForkBombStaysWithinItsProcessesAndEndsWithItsTime() {
        var counted = run("""
            import os, time
            made = 0
            try:
                while True:
                    if os.fork() == 0:
                        time.sleep(60)
                    made += 1
            except BlockingIOError:
                print(made)
            """);
        assertEquals(End.EXITED, counted.end(), counted::toString);
        int made = Integer.parseInt(counted.stdout().strip());
        assertTrue(made > 0 && made < 16, counted::toString);
        var bomb = sandbox.run(Script.of("""
            import os
            while True:
                try:
                    os.fork()
                except OSError:
                    pass
            """), SHORT);
        assertTrue(Set.of(End.WALL_TIME, End.CPU_TIME, End.MEMORY).contains(bomb.end()), bomb::toString);
    }

    @Test
    void tenGigabytesAreNotToBeHad() {
        assertEquals(End.MEMORY, run("x = bytearray(10 << 30)").end());
        assertEquals(End.MEMORY, run("x = []\nwhile True: x.append(bytearray(b'a' * (1 << 20)))").end());
    }

    @Test
    void memoryOfAllProcessesTogetherIsCounted() {
        var outcome = run("""
            import os, time
            for _ in range(8):
                if os.fork() == 0:
                    x = bytearray(b'a' * (100 << 20))
                    time.sleep(60)
            time.sleep(60)
            """);
        assertEquals(End.MEMORY, outcome.end(), outcome::toString);
        assertEquals(-1, outcome.exitCode());
    }

    @Test
    void filesInMemoryHaveTheirLimit() {
        for (var folder : List.of("/work", "/dev/shm")) {
            prints("full", """
                try:
                    for f in range(100):
                        open('%s/' + str(f), 'wb').write(bytes(1 << 19))
                    print('escaped')
                except OSError:
                    print('full')
                """.formatted(folder));
        }
    }

    @Test
    void nothingOutsideItsFolderCanBeWritten() throws IOException {
        var kept = Files.writeString(outside.resolve("kept"), "as it was");
        prints("[]", """
            import os
            escaped = []
            for place in ['/', '/usr/', '/usr/bin/', '/etc/', '/dev/', '/tmp/', '/root/', '/home/', '/proc/', '/sys/', '%s/']:
                try:
                    open(place + 'leeway-escaped', 'w')
                    escaped.append(place)
                except OSError:
                    pass
            for file in ['%s', '/usr/bin/env', '/script.py']:
                try:
                    open(file, 'a')
                    escaped.append(file)
                except OSError:
                    pass
            print(escaped)
            """.formatted(outside, kept));
        assertEquals("as it was", Files.readString(kept));
        try (var files = Files.list(outside)) {
            assertEquals(1, files.count());
        }
        prints("written", "open('own', 'w').write('written'); print(open('own').read())");
    }

    @Test
    void whatIsNotTheSystemsCantBeRead() throws IOException {
        var secret = Files.writeString(outside.resolve("secret"), "for nobody's eyes");
        prints("[]", """
            import os
            print([place for place in ['%s', '/root', '/home', '/proc', '/sys', '/etc/passwd', '/tmp', '/var', '/run']
                   if os.path.exists(place)])
            """.formatted(secret));
    }

    @Test
    void aSymbolicLinkLeadsNowhereOutside() throws IOException {
        var target = Files.writeString(outside.resolve("target"), "as it was");
        prints("[]", """
            import os
            escaped = []
            for number, target in enumerate(['%s', '../../../../etc/passwd', '/proc/1/root/etc/passwd']):
                os.symlink(target, str(number))
                for mode in ['r', 'a', 'w']:
                    try:
                        open(str(number), mode)
                        escaped.append(target)
                    except OSError:
                        pass
            print(escaped)
            """.formatted(target));
        assertEquals("as it was", Files.readString(target));
    }

    @Test
    void noConnectionLeavesAndTheHostsOwnAddressIsNotTheSandboxes() throws IOException {
        try (var server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            prints("[]", """
                import socket
                escaped = []
                for address in [('127.0.0.1', %d), ('192.0.2.1', 80), ('10.0.0.1', 53)]:
                    try:
                        socket.create_connection(address, 2)
                        escaped.append(address)
                    except OSError:
                        pass
                for family in [16, 17, 38, 40]:  # netlink, packet, kernel crypto, the host of a virtual machine
                    try:
                        socket.socket(family, socket.SOCK_RAW if family < 18 else socket.SOCK_STREAM)
                        escaped.append(family)
                    except OSError:
                        pass
                print(escaped)
                """.formatted(server.getLocalPort()));
        }
    }

    @Test
    void theEnvironmentIsEmptyButForWhatIsSaidAndNoFileIsOpen() {
        prints("['HOME', 'LANG', 'PATH', 'PWD', 'PYTHONHASHSEED', 'PYTHONSAFEPATH', 'TMPDIR'] []", """
            import os
            def is_open(number):
                try:
                    os.fstat(number)
                    return True
                except OSError:
                    return False
            print(sorted(os.environ), [number for number in range(3, 64) if is_open(number)])
            """);
    }

    @Test
    void tracingNamespacesKeyringsAndSharedSegmentsAreForbidden() {
        prints("[1, 1, 1, 1, 1, 1, 1, 1]", """
            import ctypes
            c = ctypes.CDLL(None, use_errno=True)
            def error(call, *arguments):
                return ctypes.get_errno() if call(*arguments) == -1 else 0
            print([error(c.ptrace, 16, 1, 0, 0), error(c.ptrace, 0, 0, 0, 0), error(c.unshare, 0x10000000), error(c.setns, 0, 0),
                   error(c.shmget, 0, 4096, 0o1600), error(c.memfd_create, b'x', 0), error(c.mount, b'x', b'/work', b'tmpfs', 0, None),
                   error(c.chroot, b'/work')])
            """);
        int keyctl = System.getProperty("os.arch").equals("amd64") ? 250 : 219;
        prints("-1 1", """
            import ctypes
            c = ctypes.CDLL(None, use_errno=True)
            print(c.syscall(%d, 0, -3, 1), ctypes.get_errno())
            """.formatted(keyctl));
    }

    @Test
    void processesOutsideCantBeSeenOrSignalled() {
        prints("[]", """
            import os
            def exists(number):
                try:
                    os.kill(number, 0)
                    return True
                except ProcessLookupError:
                    return False
                except PermissionError:
                    return True
            print([number for number in range(3, 70000) if exists(number) and number not in (os.getpid(), os.getppid())])
            """);
    }

    @Test
    void aChildThatHoldsThePipeOpenDiesWithItsParent() {
        var outcome = run("""
            import os, signal, sys, time
            if os.fork() == 0:
                os._exit(0)  # a zombie: nobody waits for it
            if os.fork() == 0:
                os.setsid()
                for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
                    signal.signal(number, signal.SIG_IGN)
                if os.fork() == 0:
                    time.sleep(600)
                time.sleep(600)
            print('parent is done')
            """);
        assertEquals(End.EXITED, outcome.end(), outcome::toString);
        assertEquals("parent is done\n", outcome.stdout());
        assertTrue(outcome.wall().compareTo(LIMITS.wall()) < 0, outcome::toString);
    }

    @Test
    void endlessOutputIsCutAndEndsTheProgram() {
        for (var stream : List.of("stdout", "stderr")) {
            var outcome = run("import sys\nwhile True: sys.%s.write('x' * 1000)".formatted(stream));
            assertEquals(End.OUTPUT, outcome.end());
            assertEquals(4000, outcome.stdout().length() + outcome.stderr().length());
        }
    }

    @Test
    void signalsThatAreIgnoredDontHoldUpTheEnd() {
        var outcome = sandbox.run(Script.of("""
            import signal, time
            for number in range(1, 65):
                try:
                    signal.signal(number, signal.SIG_IGN)
                except (OSError, ValueError):
                    pass
            while True:
                time.sleep(1)
            """), SHORT);
        assertEquals(End.WALL_TIME, outcome.end());
        assertTrue(outcome.wall().compareTo(SHORT.wall()) > 0);
    }

    @Test
    void aBusyLoopEndsWithItsProcessorTime() {
        var limits = new Limits(Duration.ofSeconds(60), Duration.ofSeconds(1), 256L << 20, 16, 1 << 20, 4000);
        var outcome = sandbox.run(Script.of("while True: pass"), limits);
        assertEquals(End.CPU_TIME, outcome.end(), outcome::toString);
        var children = sandbox.run(Script.of("import os\nos.fork()\nos.fork()\nwhile True: pass"), limits);
        assertEquals(End.CPU_TIME, children.end(), children::toString);
        assertTrue(children.exitCode() > 0 || children.cpu().compareTo(limits.cpu()) > 0, children::toString);
    }

    @Test
    void exitCodesSignalsInputAndBothOutputsComeThrough() {
        assertEquals(3, run("import sys; sys.exit(3)").exitCode());
        assertEquals(128 + 11, run("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)").exitCode());
        var echo = sandbox.run(new Script("import sys; t = sys.stdin.read(); print(t); print(t[::-1], file=sys.stderr)", "día".getBytes(
            StandardCharsets.UTF_8)), LIMITS);
        assertEquals(List.of("día\n", "aíd\n"), List.of(echo.stdout(), echo.stderr()));
        assertTrue(echo.succeeded());
    }

    @Test
    void aSandboxEndsWithTheProcessThatOpenedItEvenBySigkill() throws Exception {
        var java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        var victim = new ProcessBuilder(java, "-cp", classPath(), Victim.class.getName()).start();
        try (var said = victim.inputReader()) {
            assertEquals("opened", said.readLine());
        }
        var inside = new TreeSet<ProcessHandle>();
        long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
        while (inside.stream().noneMatch(SandboxEscapeTest::isPython) && System.nanoTime() < deadline) {
            Thread.sleep(50);
            victim.descendants().forEach(inside::add);
        }
        assertTrue(inside.stream().anyMatch(SandboxEscapeTest::isPython), "no program was started");
        victim.destroyForcibly().waitFor();
        for (var one : inside) {
            one.onExit().get(30, TimeUnit.SECONDS);
        }
    }

    private static String classPath() {
        return Stream.of(Victim.class, Sandbox.class, LeewayException.class)
            .map(one -> Path.of(URI.create(one.getProtectionDomain().getCodeSource().getLocation().toString())).toString())
            .collect(Collectors.joining(File.pathSeparator));
    }

    private static boolean isPython(ProcessHandle process) {
        return process.info().arguments().map(arguments -> Arrays.asList(arguments).contains("/script.py")).orElse(false)
            && process.info().command().map(command -> command.contains("python")).orElse(false);
    }

    /** Runs a program that would take ten minutes. */
    static final class Victim {
        private Victim() {
        }

        public static void main(String[] none) {
            var sandbox = Sandbox.open();
            System.out.println("opened");
            sandbox.run(Script.of("import time; time.sleep(600)"), Limits.DEFAULT.within(Duration.ofMinutes(10)));
        }
    }
}
