package dev.leeway.sandbox;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.sandbox.Outcome.End;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Programs that hide what they use from who counts it from outside. */
final class SandboxCountingTest {

    private static final Limits LIMITS = new Limits(Duration.ofSeconds(30), Duration.ofSeconds(20), 256L << 20, 16, 1 << 20, 4000);

    private static Sandbox sandbox;

    @BeforeAll
    static void open() {
        sandbox = Confined.open();
    }

    @Test
    void aNameThatIsNoTextOrLooksLikeOtherFiguresHidesNothing() {
        for (var name : List.of("\\xff\\xfe", "\\rVmRSS:1 kB", "x) R 1 1 1")) {
            var renamed = "import ctypes, os, time\nctypes.CDLL(None).prctl(15, b'%s', 0, 0, 0)\n".formatted(name);
            var memory = sandbox.run(Script.of(renamed + """
                for _ in range(8):
                    if os.fork() == 0:
                        x = bytearray(b'a' * (100 << 20))
                        time.sleep(60)
                time.sleep(60)
                """), LIMITS);
            assertEquals(End.MEMORY, memory.end(), memory::toString);
            var limits = new Limits(Duration.ofSeconds(60), Duration.ofSeconds(2), 256L << 20, 16, 1 << 20, 4000);
            var processor = sandbox.run(Script.of(renamed + "os.fork()\nos.fork()\nwhile True: pass"), limits);
            assertEquals(End.CPU_TIME, processor.end(), processor::toString);
            assertTrue(processor.cpu().compareTo(limits.cpu()) > 0, processor::toString); // all together, not one by its own limit
        }
    }

    @Test
    void memoryIsCountedWhereAThreadOutlivesTheFirst() {
        int exit = System.getProperty("os.arch").equals("amd64") ? 60 : 93; // of one thread
        var outcome = sandbox.run(Script.of("""
            import ctypes, os, threading, time
            def hold():
                time.sleep(1)  # until the first one has ended
                x = bytearray(b'a' * (60 << 20))
                time.sleep(60)
            for _ in range(6):
                if os.fork() == 0:
                    threading.Thread(target=hold).start()
                    ctypes.CDLL(None).syscall(%d, 0)
            time.sleep(60)
            """.formatted(exit)), LIMITS);
        assertEquals(End.MEMORY, outcome.end(), outcome::toString);
    }
}
