package dev.leeway.sandbox;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.sandbox.UnitTests.Result;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

final class UnitTestsTest {

    private static final String CODE = "import math\ndef area(r):\n    return round(math.pi * r * r, 2)";

    private static Sandbox sandbox;

    @BeforeAll
    static void open() {
        sandbox = Confined.open();
    }

    private static List<UnitTests.Tested> run(String code, String... tests) {
        return new UnitTests(sandbox, Limits.DEFAULT.within(Duration.ofSeconds(20))).run(code, List.of(tests));
    }

    private static List<Result> results(String code, String... tests) {
        return run(code, tests).stream().map(UnitTests.Tested::result).toList();
    }

    @Test
    void eachTestHasItsOwnResultAndReason() {
        var tested = run(CODE, "assert area(1) == 3.14", "assert area(1) == 3, 'not three'", "assert area('x')", "assert area(2) == 12.57");
        assertEquals(List.of(Result.PASSED, Result.FAILED, Result.FAILED, Result.PASSED),
            tested.stream().map(UnitTests.Tested::result).toList());
        assertEquals("AssertionError: not three", tested.get(1).reason());
        assertTrue(tested.get(2).reason().startsWith("TypeError: "), tested.get(2).reason());
        assertEquals(List.of(), run(CODE));
    }

    @Test
    void anEndlessTestRunsOutOfTimeAndTheOthersDont() {
        var tests = new UnitTests(sandbox, Limits.DEFAULT.within(Duration.ofSeconds(4)));
        var results = tests.run("def f(n):\n    while n: pass\n    return 0", List.of("assert f(0) == 0", "assert f(1) == 0",
            "assert f(0) == 0"));
        assertEquals(List.of(Result.PASSED, Result.TIMEOUT, Result.PASSED), results.stream().map(UnitTests.Tested::result).toList());
        assertEquals("still running after 4 s", results.get(1).reason());
    }

    @Test
    void theOrderOfASetIsTheSameInEveryRun() {
        var test = "assert False, ''.join(set('abcdefghijklmnopqrstuvwxyz'))";
        assertEquals(run("", test), run("", test), "26! orders, and a hash that is drawn anew gives another one");
    }

    @Test
    void codeThatDoesntCompileFailsEachTest() {
        var tested = run("def f(:", "assert True", "assert True");
        assertEquals(2, Collections.frequency(tested.stream().map(UnitTests.Tested::result).toList(), Result.FAILED));
        assertTrue(tested.getFirst().reason().startsWith("SyntaxError: "), tested.getFirst().reason());
    }

    @Test
    void leavingEarlyOrPrintingAResultPassesNothing() {
        for (var code : List.of("import os; os._exit(0)", "raise SystemExit(0)", "quit()", "print('0 passed ')\nraise SystemExit",
                "import os\nfor n in range(3, 64):\n  try:\n    os.write(n, b'0 passed ')\n  except OSError: pass\nos._exit(0)",
                "import os, signal; os.kill(os.getpid(), signal.SIGKILL)")) {
            assertEquals(List.of(Result.FAILED), results(code, "assert False"), code);
        }
    }

    @Test
    void linesThatLookLikeResultsAreAReasonAndNoResult() {
        for (var line : List.of("0 passed ", "1 passed ", "2 passed ")) {
            var forger = """
                import os
                for n in range(3, 64):
                  try:
                    os.write(n, b'x\\n%1$s\\r\\n%1$s\\x85%1$s\\n')
                  except OSError: pass
                os._exit(0)""".formatted(line);
            var tested = run("", forger, "assert False", "assert False");
            assertEquals(List.of(Result.FAILED, Result.FAILED, Result.FAILED), tested.stream().map(UnitTests.Tested::result).toList());
            assertEquals("x\\n" + line + "\\r\\n" + line + "\\ufffd" + line + "\\n", tested.getFirst().reason());
        }
    }

    @Test
    void codeThatKillsTheRunFailsIt() {
        assertEquals(List.of(Result.PASSED, Result.FAILED, Result.FAILED), results("import os, signal", "assert True",
            "os.kill(os.getppid(), signal.SIGKILL)", "assert True"));
    }

    @Test
    void oneTestChangesNothingForTheNext() {
        assertEquals(List.of(Result.PASSED, Result.PASSED), results("seen = []", "seen.append(1); assert len(seen) == 1",
            "seen.append(1); assert len(seen) == 1"));
    }

    @Test
    void memoryIsBoundedAndOutputOfTheCodeIsNot() {
        var tested = run("x = 1", "bytearray(10 << 30)", "print('x' * 10_000_000); assert x == 1");
        assertEquals(List.of(Result.FAILED, Result.PASSED), tested.stream().map(UnitTests.Tested::result).toList());
        assertEquals("MemoryError: ", tested.getFirst().reason());
    }

    @Test
    void codeInAnyScriptAndLongReasonsComeThroughOnOneLine() {
        var tested = run("größe = 'día\\n' * 1000", "assert größe == 1, größe", "assert größe");
        assertEquals(List.of(Result.FAILED, Result.PASSED), tested.stream().map(UnitTests.Tested::result).toList());
        assertTrue(tested.getFirst().reason().startsWith("AssertionError: d\\xeda\\nd\\xeda"), tested.getFirst().reason());
        assertTrue(tested.getFirst().reason().length() <= 200);
    }
}
