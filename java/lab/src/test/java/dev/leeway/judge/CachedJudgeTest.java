package dev.leeway.judge;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.LeewayException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class CachedJudgeTest {

    @TempDir
    private Path folder;

    private final ConcurrentLinkedQueue<String> asked = new ConcurrentLinkedQueue<>();
    private Path file;

    @BeforeEach
    void nameFile() {
        file = folder.resolve("deep").resolve("judge.jsonl");
    }

    private CachedJudge open() {
        return new CachedJudge(new ScriptedJudge("echo", question -> {
            asked.add(question.input());
            return new Verdict.Given("on " + question.input(), question.input().length() > 3, Map.of("yes", -0.1, "no", -2.302585092994046),
                new Verdict.Usage(question.input().length(), 2));
        }), file);
    }

    private static List<Question> questions(String... inputs) {
        return Stream.of(inputs).map(input -> Question.of("t", input, 0)).toList();
    }

    @Test
    void nothingIsAskedTwiceAlsoNotByTheNextRun() {
        List<Verdict> first;
        try (var judge = open()) {
            first = judge.ask(questions("a", "b", "a", "día\n\"\\"));
            assertEquals(first, judge.ask(questions("a", "b", "a", "día\n\"\\")));
            assertEquals(List.of("a", "b", "día\n\"\\"), List.copyOf(asked));
            assertEquals(new JudgeCounts(8, 5, 0, 0, 0, 8, 6), judge.counts());
        }
        try (var judge = open()) {
            assertEquals(first, judge.ask(questions("a", "b", "a", "día\n\"\\")));
            assertEquals(3, asked.size());
            assertEquals(List.of(), judge.damaged());
        }
    }

    @Test
    void anotherJudgeTemplateSeedOrOptionIsAnotherQuestion() {
        var base = Question.of("t", "a", 0);
        try (var judge = open()) {
            judge.ask(List.of(base, Question.of("u", "a", 0), Question.of("t", "a", 1), new Question("t", "a", List.of("x"), 0)));
            assertEquals(4, asked.size());
        }
        try (var other = new CachedJudge(ScriptedJudge.always("other"), file)) {
            assertEquals(List.of(Verdict.Given.of("other")), other.ask(List.of(base)));
        }
    }

    @Test
    void aLineTornAtAnyByteIsDroppedAndAskedAgain() throws IOException {
        List<Verdict> whole;
        try (var judge = open()) {
            whole = judge.ask(questions("a", "b"));
        }
        var bytes = Files.readAllBytes(file);
        int firstEnd = new String(bytes, StandardCharsets.UTF_8).indexOf('\n') + 1;
        for (int length = firstEnd; length < bytes.length; length++) {
            Files.write(file, Arrays.copyOf(bytes, length));
            asked.clear();
            try (var judge = open()) {
                assertEquals(whole, judge.ask(questions("a", "b")));
                assertEquals(List.of("b"), List.copyOf(asked), "torn at " + length);
                assertEquals(List.of(), judge.damaged());
            }
            assertEquals(new String(bytes, StandardCharsets.UTF_8), Files.readString(file));
        }
    }

    /** As file systems leave it: the length is on the disk, the bytes aren't. */
    @Test
    void aTailOfZerosIsDroppedAndAskedAgain() throws IOException {
        try (var judge = open()) {
            judge.ask(questions("a", "b"));
        }
        var bytes = Files.readAllBytes(file);
        int firstEnd = new String(bytes, StandardCharsets.UTF_8).indexOf('\n') + 1;
        Files.write(file, Arrays.copyOf(Arrays.copyOf(bytes, firstEnd), bytes.length));
        asked.clear();
        try (var judge = open()) {
            judge.ask(questions("a", "b"));
            assertEquals(List.of("b"), List.copyOf(asked));
        }
    }

    @Test
    void aDamagedByteAnywhereIsSeenNamedAndAskedAgain() throws IOException {
        List<Verdict> whole;
        try (var judge = open()) {
            whole = judge.ask(questions("a", "b"));
        }
        var bytes = Files.readAllBytes(file);
        int firstEnd = new String(bytes, StandardCharsets.UTF_8).indexOf('\n');
        for (int at = 0; at < firstEnd; at++) {
            var damaged = bytes.clone();
            damaged[at] ^= 1;
            Files.write(file, damaged);
            asked.clear();
            try (var judge = open()) {
                assertEquals(whole, judge.ask(questions("a", "b")), "byte " + at);
                assertTrue(judge.damaged().contains(file + ":1"), "byte " + at);
                assertEquals(List.of("a"), List.copyOf(asked));
            }
        }
    }

    @Test
    void whatIsMissingIsNotKept() {
        try (var judge = new CachedJudge(new ScriptedJudge("none", _ -> new Verdict.Missing("down")), file)) {
            assertEquals(List.of(new Verdict.Missing("down")), judge.ask(questions("a")));
            assertEquals(List.of(new Verdict.Missing("down")), judge.ask(questions("a")));
            assertEquals(new JudgeCounts(2, 0, 2, 0, 0, 0, 0), judge.counts());
            judge.ask(questions("b", "b", "b"));
            assertEquals(new JudgeCounts(5, 0, 5, 0, 0, 0, 0), judge.counts());
        }
    }

    @Test
    void aBudgetThatEndsInTheMiddleLosesNothing() {
        int[] left = {3};
        var poor = new ScriptedJudge("echo", question -> {
            if (left[0]-- == 0) {
                throw LeewayException.resources("the budget is spent");
            }
            return Verdict.Given.of("on " + question.input());
        });
        try (var judge = new CachedJudge(poor, file)) {
            var heard = new ArrayList<Integer>();
            assertThrows(LeewayException.class, () -> judge.ask(questions("a", "b", "c", "d", "e"), (question, _) -> heard.add(question)));
            assertEquals(List.of(0, 1, 2), heard);
        }
        try (var judge = open()) {
            judge.ask(questions("a", "b", "c", "d", "e"));
            assertEquals(List.of("d", "e"), List.copyOf(asked));
        }
    }

    @Test
    void manyThreadsAskEachQuestionOnceAndTheFileIsWhole() throws InterruptedException {
        try (var judge = open()) {
            var threads = IntStream.range(0, 8).mapToObj(thread -> Thread.ofPlatform().start(() -> {
                for (int q = 0; q < 100; q++) {
                    var input = "q" + (q + 7 * thread) % 100;
                    assertEquals("on " + input, ((Verdict.Given) judge.ask(questions(input)).getFirst()).text());
                }
            })).toList();
            for (var thread : threads) {
                thread.join();
            }
            assertEquals(100, asked.size());
            assertEquals(800, judge.counts().asked());
        }
        try (var judge = open()) {
            judge.ask(IntStream.range(0, 100).mapToObj(q -> Question.of("t", "q" + q, 0)).toList());
            assertEquals(100, asked.size());
            assertEquals(List.of(), judge.damaged());
        }
    }

    @Test
    void aQuestionWhoseAskingFailedElsewhereIsAskedByWhoeverWaits() throws InterruptedException {
        var inside = new CountDownLatch(1);
        var go = new CountDownLatch(1);
        var failing = new ScriptedJudge("fails once", question -> {
            asked.add(question.input());
            if (asked.size() == 1) {
                inside.countDown();
                await(go);
                throw LeewayException.resources("broken");
            }
            return Verdict.Given.of("fine");
        });
        try (var judge = new CachedJudge(failing, file)) {
            var first = Thread.ofPlatform().start(() -> assertThrows(LeewayException.class, () -> judge.ask(questions("a"))));
            inside.await();
            var heard = new ConcurrentLinkedQueue<Verdict>();
            var second = Thread.ofPlatform().start(() -> heard.addAll(judge.ask(questions("a"))));
            while (second.getState() != Thread.State.WAITING) {
                Thread.onSpinWait();
            }
            go.countDown();
            first.join();
            second.join();
            assertEquals(List.of(Verdict.Given.of("fine")), List.copyOf(heard));
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException interrupted) {
            throw new IllegalStateException(interrupted);
        }
    }

    @Test
    void aListenerThatThrowsOnAnAnswerOfTheFileHoldsNoQuestionBack() throws InterruptedException {
        try (var judge = open()) {
            judge.ask(questions("a"));
            assertThrows(IllegalStateException.class, () -> judge.ask(questions("a", "b"), (_, _) -> {
                throw new IllegalStateException("full");
            }));
            var heard = new ConcurrentLinkedQueue<Verdict>();
            var other = Thread.ofPlatform().daemon().start(() -> heard.addAll(judge.ask(questions("b"))));
            other.join(60_000);
            assertEquals(1, heard.size(), "a question that nobody asks was waited for");
        }
    }

    @Test
    void countsAreToBeHadWhileAJudgeHasItsMonitorAndTellsOfAVerdict() throws InterruptedException {
        var inCounts = new CountDownLatch(1);
        var slow = new Judge() {
            @Override
            public String id() {
                return "monitor";
            }

            @Override
            public synchronized void ask(List<Question> questions, Sink sink) {
                await(inCounts);
                sink.answered(0, Verdict.Given.of("fine"));
            }

            @Override
            public JudgeCounts counts() {
                inCounts.countDown();
                synchronized (this) {
                    return JudgeCounts.NONE;
                }
            }

            @Override
            public void close() {
            }
        };
        var judge = new CachedJudge(slow, file);
        var asking = Thread.ofPlatform().daemon().start(() -> judge.ask(questions("a")));
        while (asking.getState() != Thread.State.WAITING) {
            Thread.onSpinWait();
        }
        var counting = Thread.ofPlatform().daemon().start(judge::counts);
        asking.join(60_000);
        counting.join(60_000);
        assertEquals(List.of(false, false), List.of(asking.isAlive(), counting.isAlive()), "each waits for the other");
        judge.close();
    }

    @Test
    void anInterruptLosesNoAnswerAndLeavesTheFileOpen() {
        try (var judge = open()) {
            Thread.currentThread().interrupt();
            judge.ask(questions("a"));
            assertTrue(Thread.interrupted());
            judge.ask(questions("b"));
        }
        try (var judge = open()) {
            judge.ask(questions("a", "b"));
            assertEquals(List.of("a", "b"), List.copyOf(asked));
        }
    }

    @Test
    void aFileThatIsSomethingElseIsRefusedAsItIs() throws IOException {
        Files.createDirectories(file.getParent());
        for (var text : List.of("my thesis", "a\nb", "{\"prompt\": 1}\n", "{\"crc32c\":\"0123abcd\",\"key\":1}\n", "\n",
            "{\"crc32c\":\"xyz")) {
            Files.writeString(file, text);
            var refused = assertThrows(LeewayException.class, this::open, text);
            assertTrue(refused.getMessage().startsWith(file + " is no cache of a judge's answers"), refused.getMessage());
            assertEquals(text, Files.readString(file));
        }
        Files.delete(file);
        try (var judge = open()) {
            judge.ask(questions("a"));
        }
        Files.writeString(file, Files.readString(file) + "a note of mine");
        assertThrows(LeewayException.class, this::open);
        assertTrue(Files.readString(file).endsWith("\na note of mine"));
    }

    @Test
    void twoRunsDontShareAFile() {
        try (var judge = open()) {
            var refused = assertThrows(LeewayException.class, this::open);
            assertEquals("the judge's cache " + file + " is in use by another run; wait for it, or name another file",
                refused.getMessage());
            judge.ask(questions("a"));
        }
        open().close();
    }
}
