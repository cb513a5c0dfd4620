package dev.leeway.sandbox;

import dev.leeway.LeewayException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Says which assertions hold about a piece of Python, as MBPP and its like ask it. Each test runs in a process of its own behind the
 * code, all of them in one sandbox. Code that ends the process, catches what an assertion throws, or prints what looks like a result
 * passes nothing by it; code that goes looking for this class's own pipe could.
 *
 * @param sandbox where the code runs
 * @param limits of one test; a run as a whole has the time of all its tests
 */
public record UnitTests(Sandbox sandbox, Limits limits) {

    private static final Duration START = Duration.ofSeconds(5); // of Python, on a machine with much else to do

    /** How a test went. */
    public enum Result {
        /** It ran to its end. */
        PASSED,
        /** It, or the code before it, raised something, didn't compile, ended the process, or passed a limit other than time. */
        FAILED,
        /** It was still running when its time was over. */
        TIMEOUT,
        /** Nothing ran, because the sandbox could not confine it; it says nothing about the code. */
        REFUSED
    }

    /**
     * A test and how it went.
     *
     * @param result how it went
     * @param reason why it didn't pass, on one line, in the words of the code where it spoke; empty where it passed
     */
    public record Tested(Result result, String reason) {
    }

    /**
     * One result a test, in the order of the tests.
     *
     * @param code the code, with what it needs before it
     * @param tests statements that raise unless they hold, such as {@code assert f(1) == 2}
     */
    public List<Tested> run(String code, List<String> tests) {
        if (tests.isEmpty()) {
            return List.of();
        }
        var outcome = sandbox.run(new Script(harness(), input(code, tests)), whole(tests.size()));
        var results = new ArrayList<Tested>();
        outcome.stdout().lines().filter(line -> line.matches(results.size() + " (passed|failed|timeout) .*"))
            .forEach(line -> results.add(parse(line)));
        while (results.size() < tests.size()) {
            results.add(unreached(outcome));
        }
        return List.copyOf(results.subList(0, tests.size()));
    }

    private Limits whole(int tests) {
        return new Limits(limits.wall().multipliedBy(tests).plus(START), limits.cpu().multipliedBy(tests).plus(START), limits.memory(),
            limits.processes(), limits.files(), 4096 + 512 * tests);
    }

    private byte[] input(String code, List<String> tests) {
        var bytes = new ByteArrayOutputStream();
        add(bytes, Double.toString(limits.wall().toMillis() / 1000.0));
        add(bytes, code);
        tests.forEach(test -> add(bytes, test));
        return bytes.toByteArray();
    }

    private static void add(ByteArrayOutputStream bytes, String text) {
        var blob = text.getBytes(StandardCharsets.UTF_8);
        bytes.writeBytes((blob.length + "\n").getBytes(StandardCharsets.US_ASCII));
        bytes.writeBytes(blob);
    }

    private static Tested parse(String line) {
        var parts = line.split(" ", 3);
        return new Tested(Result.valueOf(parts[1].toUpperCase(Locale.ROOT)), parts[2]);
    }

    /** The first test without a line is the one that ended the run; those behind it were not reached. */
    private static Tested unreached(Outcome outcome) {
        return switch (outcome.end()) {
            case REFUSED -> new Tested(Result.REFUSED, "the code could not be confined: " + outcome.stderr().strip());
            case WALL_TIME, CPU_TIME -> new Tested(Result.TIMEOUT, "the tests together were still running");
            case MEMORY -> new Tested(Result.FAILED, "the code took more memory than it may");
            case OUTPUT -> new Tested(Result.FAILED, "the code wrote more than it may");
            case EXITED -> new Tested(Result.FAILED, "the code ended the run");
        };
    }

    private static String harness() {
        try (InputStream text = UnitTests.class.getResourceAsStream("unit_tests.py")) {
            return new String(text.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException unreadable) {
            throw LeewayException.resources(unreadable, "unit_tests.py can't be read from Leeway's jar: %s", unreadable.getMessage());
        }
    }
}
