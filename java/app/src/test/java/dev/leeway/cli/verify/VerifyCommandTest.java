package dev.leeway.cli.verify;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

final class VerifyCommandTest {

    private static final String SCHEDULES = """
        {"cases": [{"schedule": "linear", "warmup": 2, "total": 4, "extra": {}, "factor_at_step": [0.0, 0.5, 1.0, %s, 0.0]}]}""";

    @TempDir
    Path folder;

    @Test
    void nothingFoundIsAFailure() {
        assertEquals("1: 0 passed, 0 failed, 0 not checked", run(folder.toString()));
    }

    @Test
    void aCaseThatHoldsPasses() throws IOException {
        Files.writeString(folder.resolve("schedules.json"), SCHEDULES.formatted("0.5"));
        assertEquals("0: 1 passed, 0 failed, 0 not checked", run(folder.toString()));
    }

    @Test
    void aCaseThatDoesNotHoldFails() throws IOException {
        Files.writeString(folder.resolve("schedules.json"), SCHEDULES.formatted("0.5000001"));
        assertEquals("1: 0 passed, 1 failed, 0 not checked", run(folder.toString()));
    }

    @Test
    void whatIsNotCheckedIsAFailureUnlessAllowed() throws IOException {
        Files.writeString(folder.resolve("schedules.json"), SCHEDULES.formatted("0.5"));
        Files.writeString(folder.resolve("riddle.json"), "{\"objective\": \"unheard of\", \"expected\": {}}");
        Files.writeString(folder.resolve("index.json"), "{}");
        assertEquals("1: 1 passed, 0 failed, 1 not checked", run(folder.toString()));
        assertEquals("0: 1 passed, 0 failed, 1 not checked", run("--allow-unchecked", folder.toString()));
    }

    @Test
    void aTornCaseFailsAndTheOthersStillRun() throws IOException {
        Files.writeString(folder.resolve("a.json"), SCHEDULES.formatted("0.5").substring(0, 40));
        Files.writeString(folder.resolve("b.json"), SCHEDULES.formatted("0.5"));
        Files.createDirectories(folder.resolve("c"));
        Files.writeString(folder.resolve("c/case.json"), "{\"optimizer\": {}, \"steps\": []}");
        Files.writeString(folder.resolve("d.json"), "{\"cases\": [{\"schedule\": \"linear\", \"factor_at_step\": [1.0]}]}");
        assertEquals("1: 1 passed, 3 failed, 0 not checked", run(folder.toString()));
    }

    @Test
    void whatLiesInTheFolderOfACaseIsFoundToo() throws IOException {
        Files.writeString(folder.resolve("case.json"), "{\"objective\": \"unheard of\"}");
        Files.writeString(folder.resolve("more.json"), SCHEDULES.formatted("0.5"));
        Files.createDirectories(folder.resolve("sub"));
        Files.writeString(folder.resolve("sub/SHOUTED.JSON"), SCHEDULES.formatted("0.5"));
        assertEquals("1: 2 passed, 0 failed, 1 not checked", run(folder.toString()));
    }

    @Test
    void aLinkThatLeadsBackIsFollowedOnce() throws IOException {
        Files.writeString(folder.resolve("schedules.json"), SCHEDULES.formatted("0.5"));
        Files.createSymbolicLink(folder.resolve("loop"), folder);
        assertEquals("0: 1 passed, 0 failed, 0 not checked", run(folder.toString()));
    }

    @Test
    void anUnknownDtypeIsRefusedWithTheOnesThatAre() {
        var error = new StringWriter();
        int code = new CommandLine(new VerifyCommand()).setErr(new PrintWriter(error, true)).execute("--dtype", "fp8", folder.toString());
        assertEquals(1, code);
        assertTrue(error.toString().contains("--dtype must be float32 or bfloat16; got fp8"), error.toString());
    }

    /** Exit code and last line. */
    static String run(String... arguments) {
        var out = new StringWriter();
        int code = new CommandLine(new VerifyCommand()).setOut(new PrintWriter(out, true)).execute(arguments);
        var lines = out.toString().strip().lines().toList();
        assertTrue(lines.size() > 0);
        return code + ": " + lines.getLast();
    }
}
