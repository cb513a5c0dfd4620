package dev.leeway.judge;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.LeewayException;
import dev.leeway.judge.EndpointSettings.Answers;
import dev.leeway.judge.EndpointSettings.Budget;
import dev.leeway.judge.EndpointSettings.Calls;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Faults of an endpoint, over real HTTP on the loopback. Waits between attempts are taken by a clock that doesn't wait. */
final class EndpointJudgeTest {

    private static final String SECRET = "sk-very-secret-4711";
    private static final Optional<ApiKey> KEY = ApiKey.from(Map.of("JUDGE_KEY", SECRET), "JUDGE_KEY");
    private static final Budget PLENTY = new Budget(1000, 1_000_000);
    /** One at a time, so that the order of calls is certain; a timeout that only a stall meets. */
    private static final Calls ONE_BY_ONE = new Calls(1, 1e6, 4, Duration.ofSeconds(20), Duration.ofSeconds(30), 2000);

    private final FakeTime time = new FakeTime();

    private EndpointJudge judge(TestEndpoint server, Calls calls, Budget budget) {
        return new EndpointJudge(new EndpointSettings(server.url(), "m", new Answers(0, 16), calls, budget), KEY, time, () -> 1);
    }

    private static List<Question> questions(int count) {
        return IntStream.range(0, count).mapToObj(q -> Question.of("t", "question " + q, 0)).toList();
    }

    private static String text(Verdict verdict) {
        return assertInstanceOf(Verdict.Given.class, verdict).text();
    }

    private static String reason(Verdict verdict) {
        return assertInstanceOf(Verdict.Missing.class, verdict).reason();
    }

    /** p(A) + p( A) is 1 + e⁻²⁰ by the rounding of either, and ln of it 2e-9; one token of a judge that rounds upwards is 1e-6. */
    @Test
    void tokensOfOneOptionAreNoMoreThanCertainTogether() {
        var reply = """
            {"choices": [{"message": {"content": "A"}, "finish_reason": "stop", "logprobs": {"content": [{"token": "A", "top_logprobs": [
              {"token": "A", "logprob": 0.0}, {"token": " A", "logprob": -20}, {"token": "B", "logprob": 0.000001}]}]}}]}""";
        try (var server = new TestEndpoint((_, _, exchange) -> TestEndpoint.send(exchange, 200, reply));
                var judge = judge(server, ONE_BY_ONE, PLENTY)) {
            var verdict = judge.ask(List.of(new Question("t", "A or B?", List.of("A", "B"), 5))).getFirst();
            assertEquals("{A=0.0, B=0.0}", assertInstanceOf(Verdict.Given.class, verdict).optionLogProbs().toString());
        }
    }

    @Test
    void theRequestSaysAllAndTheVerdictHasTextTokensAndOptions() {
        var reply = """
            {"choices": [{"message": {"content": "B"}, "finish_reason": "length", "logprobs": {"content": [{"token": "B", "top_logprobs": [
              {"token": "B", "logprob": -0.5}, {"token": " B", "logprob": -2.5}, {"token": "A", "logprob": -1.5},
              {"token": "Bee", "logprob": -4}]}]}}], "usage": {"prompt_tokens": 7, "completion_tokens": 1}}""";
        try (var server = new TestEndpoint((_, _, exchange) -> TestEndpoint.send(exchange, 200, reply));
                var judge = judge(server, ONE_BY_ONE, PLENTY)) {
            var verdict = assertInstanceOf(Verdict.Given.class, judge.ask(List.of(new Question("t", "A or \"B\"?", List.of("A", "B", "C"),
                5))).getFirst());
            assertEquals("B", verdict.text());
            assertTrue(verdict.cut());
            assertEquals(new Verdict.Usage(7, 1), verdict.usage());
            assertEquals(List.of("A", "B"), verdict.optionLogProbs().keySet().stream().sorted().toList());
            assertEquals(-1.5, verdict.optionLogProbs().get("A"), 1e-12);
            assertEquals(Math.log(Math.exp(-0.5) + Math.exp(-2.5)), verdict.optionLogProbs().get("B"), 1e-12); // a few roundings of 1e-16
            assertEquals("{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"A or \\\"B\\\"?\"}],\"temperature\":0.0,"
                + "\"max_tokens\":16,\"seed\":5,\"logprobs\":true,\"top_logprobs\":20}", server.requests().getFirst().toString());
            assertEquals(List.of("Bearer " + SECRET), server.authorizations());
            assertEquals(new JudgeCounts(1, 0, 0, 1, 0, 7, 1), judge.counts());
        }
    }

    @Test
    void tooManyRequestsAreRepeatedNoSoonerThanTheServerAsks() {
        try (var server = new TestEndpoint((call, _, exchange) -> {
            if (call < 2) {
                exchange.getResponseHeaders().set("Retry-After", call == 0 ? "7" : "Thu, 1 Jan 2026 00:00:27 GMT");
            }
            TestEndpoint.send(exchange, call < 2 ? 429 : 200, call < 2 ? "slow down" : TestEndpoint.completion("3"));
        }); var judge = judge(server, ONE_BY_ONE, PLENTY)) {
            assertEquals("3", text(judge.ask(questions(1)).getFirst()));
            assertEquals(List.of(7000L, 20_000L), time.sleeps().stream().filter(slept -> slept > 0).toList());
            assertEquals(Map.of("429", 2L), judge.failures());
            assertEquals(new JudgeCounts(1, 0, 0, 3, 2, 10, 2), judge.counts());
        }
    }

    @Test
    void aServerThatAsksForTooLongEndsTheRun() {
        try (var server = new TestEndpoint((_, _, exchange) -> {
            exchange.getResponseHeaders().set("Retry-After", "3600");
            TestEndpoint.send(exchange, 429, "quota");
        }); var judge = judge(server, ONE_BY_ONE, PLENTY)) {
            var stopped = assertThrows(LeewayException.class, () -> judge.ask(questions(3)));
            assertTrue(stopped.getMessage().contains("asks to wait 3600 s (429), more than the 30 s"), stopped.getMessage());
            assertEquals(1, server.calls());
        }
    }

    @Test
    void serverErrorsAreRepeatedWithWaitsThatDouble() {
        try (var server = new TestEndpoint((call, _, exchange) -> TestEndpoint.send(exchange, call < 2 ? 500 : 200,
                call < 2 ? "" : TestEndpoint.completion("fine")));
                var judge = judge(server, ONE_BY_ONE, PLENTY)) {
            assertEquals("fine", text(judge.ask(questions(1)).getFirst()));
            assertEquals(List.of(1000L, 2000L), time.sleeps().stream().filter(slept -> slept > 0).toList());
        }
    }

    @Test
    void attemptsAreBoundedAndAQuestionThatHadThemAllIsMissing() {
        try (var server = new TestEndpoint((_, request, exchange) -> {
            boolean bad = TestEndpoint.input(request).equals("question 0");
            TestEndpoint.send(exchange, bad ? 503 : 200, bad ? "down\n\tfor   now" : TestEndpoint.completion("1"));
        }); var judge = judge(server, ONE_BY_ONE, PLENTY)) {
            var verdicts = judge.ask(questions(2));
            assertEquals("HTTP 503: \"down for now\", after 4 attempts", reason(verdicts.get(0)));
            assertEquals("1", text(verdicts.get(1)));
            assertEquals(new JudgeCounts(2, 0, 1, 5, 3, 10, 2), judge.counts());
            assertEquals(Map.of("503", 4L), judge.failures());
        }
    }

    @Test
    void garbageIsRepeatedCountedAndThenMissing() {
        var bodies = List.of("<html>", "{\"choices\": []}", "{\"choices\": [{\"message\": {\"content\": 3}}]}", "[".repeat(1900));
        try (var server = new TestEndpoint((call, _, exchange) -> TestEndpoint.send(exchange, 200, bodies.get(call)));
                var judge = judge(server, ONE_BY_ONE, PLENTY)) {
            assertTrue(reason(judge.ask(questions(1)).getFirst()).startsWith("the body is no chat completion: \"[[["));
            assertEquals(Map.of("garbage", 4L), judge.failures());
        }
    }

    @Test
    void aHugeBodyIsNotReadToItsEnd() {
        try (var server = new TestEndpoint((call, _, exchange) -> {
            if (call > 0) {
                TestEndpoint.send(exchange, 200, TestEndpoint.completion("small"));
                return;
            }
            exchange.sendResponseHeaders(200, 0); // chunks without end
            while (true) {
                exchange.getResponseBody().write(new byte[1 << 16]);
            }
        }); var judge = judge(server, ONE_BY_ONE, PLENTY)) {
            assertEquals("small", text(judge.ask(questions(1)).getFirst()));
            assertEquals(Map.of("too large", 1L), judge.failures());
        }
    }

    @Test
    void aStallBeforeOrInsideTheBodyEndsWithTheTimeout() {
        var calls = new Calls(1, 1e6, 4, Duration.ofMillis(500), Duration.ofSeconds(30), 2000);
        var over = new CountDownLatch(1);
        try (var server = new TestEndpoint((call, _, exchange) -> {
            if (call == 1) {
                exchange.sendResponseHeaders(200, 100);
                exchange.getResponseBody().write('{');
                exchange.getResponseBody().flush();
            }
            if (call < 2) {
                over.await();
            } else {
                TestEndpoint.send(exchange, 200, TestEndpoint.completion("late"));
            }
        }); var judge = judge(server, calls, PLENTY)) {
            var verdict = judge.ask(questions(1)).getFirst();
            over.countDown();
            // On a machine that is slow enough the third call may meet the timeout too, and the fourth.
            assertTrue(judge.failures().get("timeout") >= 2, () -> judge.failures().toString());
            assertTrue(verdict instanceof Verdict.Given given ? given.text().equals("late") : reason(verdict).contains("500 ms"));
        }
    }

    @Test
    void aConnectionThatBreaksIsTriedAgain() {
        try (var server = new TestEndpoint((call, _, exchange) -> {
            if (call == 0) {
                exchange.sendResponseHeaders(200, 500);
                exchange.getResponseBody().write("{\"choices\"".getBytes(StandardCharsets.UTF_8));
            } else if (call > 1) {
                TestEndpoint.send(exchange, 200, TestEndpoint.completion("whole"));
            } // the second is closed without a word
        }); var judge = judge(server, ONE_BY_ONE, PLENTY)) {
            assertEquals("whole", text(judge.ask(questions(1)).getFirst()));
            assertTrue(judge.failures().get("connection") >= 1, () -> judge.failures().toString());
        }
    }

    @Test
    void aServerThatIsNotThereEndsTheRunAfterAFewQuestions() {
        URI url;
        try (var server = new TestEndpoint((_, _, _) -> { })) {
            url = server.url();
        }
        var settings = new EndpointSettings(url, "m", new Answers(0, 16), ONE_BY_ONE, PLENTY);
        try (var judge = new EndpointJudge(settings, KEY, time, () -> 1)) {
            var stopped = assertThrows(LeewayException.class, () -> judge.ask(questions(100)));
            assertTrue(stopped.getMessage().contains("answered none of 8 questions in a row, the last because the connection failed"),
                stopped.getMessage());
            assertEquals(8 * 4, judge.counts().calls());
        }
    }

    @Test
    void aQuestionThatIsRejectedIsMissingAtOnceAndTheOthersAreNot() {
        try (var server = new TestEndpoint((call, _, exchange) -> TestEndpoint.send(exchange, call == 1 ? 400 : 200,
                call == 1 ? "too long" : TestEndpoint.completion("1")));
                var judge = judge(server, ONE_BY_ONE, PLENTY)) {
            var verdicts = judge.ask(questions(3));
            assertEquals("HTTP 400: \"too long\"", reason(verdicts.get(1)));
            assertEquals(List.of("1", "1"), List.of(text(verdicts.get(0)), text(verdicts.get(2))));
            assertEquals(3, server.calls());
        }
    }

    @Test
    void aServerThatRejectsEveryQuestionIsThere() {
        var calls = new Calls(8, 1e6, 4, Duration.ofSeconds(20), Duration.ofSeconds(30), 2000);
        try (var server = new TestEndpoint((_, _, exchange) -> TestEndpoint.send(exchange, 400, "too long"));
                var judge = judge(server, calls, PLENTY)) {
            judge.ask(questions(40)).forEach(verdict -> assertEquals("HTTP 400: \"too long\"", reason(verdict)));
            assertEquals(new JudgeCounts(40, 0, 40, 40, 0, 0, 0), judge.counts());
        }
    }

    @Test
    void whatEndsTheRunEndsTheAttemptsOfOtherQuestions() {
        int attempts = 3000; // that many calls take far longer than the refusal of one
        var calls = new Calls(2, 1e6, attempts, Duration.ofSeconds(20), Duration.ofSeconds(30), 2000);
        try (var server = new TestEndpoint((_, request, exchange) -> TestEndpoint.send(exchange,
                TestEndpoint.input(request).equals("question 0") ? 500 : 401, ""));
                var judge = judge(server, calls, new Budget(1_000_000, 1_000_000))) {
            assertThrows(LeewayException.class, () -> judge.ask(questions(2)));
            assertTrue(server.calls() < attempts, "calls: " + server.calls());
        }
    }

    @Test
    void aRefusedKeyEndsTheRunAndIsNotShown() {
        for (int status : List.of(401, 403)) {
            try (var server = new TestEndpoint((_, _, exchange) -> TestEndpoint.send(exchange, status, "bad key " + SECRET));
                    var judge = judge(server, ONE_BY_ONE, PLENTY)) {
                var refused = assertThrows(LeewayException.class, () -> judge.ask(questions(5)));
                assertEquals(LeewayException.Kind.USAGE, refused.kind());
                assertEquals("the judge at " + server.url() + " refuses the key in JUDGE_KEY (HTTP " + status + ": \"bad key [key]\"); set "
                    + "the environment variable to a key that it takes", refused.getMessage());
                assertEquals(1, server.calls());
            }
        }
    }

    @Test
    void theKeyIsNeitherInVerdictsNorIdsNorReasons() {
        try (var server = new TestEndpoint((call, _, exchange) -> TestEndpoint.send(exchange, call == 0 ? 200 : 400,
                call == 0 ? TestEndpoint.completion("your key is " + SECRET) : "no " + SECRET));
                var judge = judge(server, ONE_BY_ONE, PLENTY)) {
            var shown = judge.ask(questions(2)) + judge.id() + KEY + judge.failures();
            assertTrue(shown.contains("your key is [key]") && shown.contains("no [key]"), shown);
            assertFalse(shown.contains(SECRET), shown);
        }
    }

    @Test
    void aRedirectIsNotFollowedWithTheKey() {
        try (var elsewhere = new TestEndpoint((_, _, exchange) -> TestEndpoint.send(exchange, 200, TestEndpoint.completion("stolen")));
                var server = new TestEndpoint((_, _, exchange) -> {
                    exchange.getResponseHeaders().set("Location", elsewhere.url() + "/chat/completions");
                    TestEndpoint.send(exchange, 307, "");
                });
                var judge = judge(server, ONE_BY_ONE, PLENTY)) {
            assertThrows(LeewayException.class, () -> judge.ask(questions(1)));
            assertEquals(0, elsewhere.calls());
        }
    }

    @Test
    void aBudgetOfCallsEndsWithAClearErrorAndTheAnswersAreHeardOf() {
        try (var server = new TestEndpoint((_, _, exchange) -> TestEndpoint.send(exchange, 200, TestEndpoint.completion("1")));
                var judge = judge(server, ONE_BY_ONE, new Budget(3, 1000))) {
            var heard = new ArrayList<Integer>();
            var stopped = assertThrows(LeewayException.class, () -> judge.ask(questions(5), (question, _) -> heard.add(question)));
            assertEquals(LeewayException.Kind.RESOURCES, stopped.kind());
            assertTrue(stopped.getMessage().startsWith("the judge's budget of 3 calls and 1000 tokens is spent, with 3 calls and 36 "
                + "tokens; answers so far are kept"), stopped.getMessage());
            assertEquals(List.of(0, 1, 2), heard);
            assertEquals(3, server.calls());
        }
    }

    @Test
    void aBudgetOfTokensCountsWhatTheServerSaysOrElseBytes() {
        try (var server = new TestEndpoint((_, _, exchange) -> TestEndpoint.send(exchange, 200, TestEndpoint.completion("1")));
                var judge = judge(server, ONE_BY_ONE, new Budget(100, 24))) {
            assertThrows(LeewayException.class, () -> judge.ask(questions(5)));
            assertEquals(2, server.calls());
        }
        var uncounted = "{\"choices\": [{\"message\": {\"content\": \"1\"}}]}";
        try (var server = new TestEndpoint((_, _, exchange) -> TestEndpoint.send(exchange, 200, uncounted));
                var judge = judge(server, ONE_BY_ONE, PLENTY)) {
            judge.ask(questions(1));
            int sent = server.requests().getFirst().toString().length();
            assertEquals(new JudgeCounts(1, 0, 0, 1, 0, sent, uncounted.length()), judge.counts());
        }
    }

    @Test
    void callsAtOneTimeAreBoundedOverAllThreadsThatAsk() throws Exception {
        var calls = new Calls(3, 1e6, 4, Duration.ofSeconds(60), Duration.ofSeconds(30), 2000);
        try (var server = new TestEndpoint((_, request, exchange) -> {
            Thread.sleep(20);
            TestEndpoint.send(exchange, 200, TestEndpoint.completion(TestEndpoint.input(request)));
        }); var judge = judge(server, calls, PLENTY)) {
            var second = Thread.ofVirtual().start(() -> judge.ask(questions(10)));
            var verdicts = judge.ask(questions(20));
            second.join();
            assertEquals(IntStream.range(0, 20).mapToObj(q -> "question " + q).toList(),
                verdicts.stream().map(EndpointJudgeTest::text).toList());
            assertEquals(30, server.calls());
            assertTrue(server.most() > 1 && server.most() <= 3, "at one time: " + server.most());
        }
    }

    @Test
    void callsBeginNoCloserThanTheRate() {
        var calls = new Calls(1, 4, 4, Duration.ofSeconds(20), Duration.ofSeconds(30), 2000);
        try (var server = new TestEndpoint((_, _, exchange) -> TestEndpoint.send(exchange, 200, TestEndpoint.completion("1")));
                var judge = judge(server, calls, PLENTY)) {
            judge.ask(questions(5));
            assertEquals(List.of(250L, 250L, 250L, 250L), time.sleeps());
        }
    }

    @Test
    void whateverTheListenerThrowsEndsTheCall() {
        try (var server = new TestEndpoint((_, _, exchange) -> TestEndpoint.send(exchange, 200, TestEndpoint.completion("1")));
                var judge = judge(server, ONE_BY_ONE, PLENTY)) {
            assertThrows(UncheckedIOException.class, () -> judge.ask(questions(3), (_, _) -> {
                throw new UncheckedIOException(new IOException("disk full"));
            }));
            assertThrows(IllegalStateException.class, () -> judge.ask(questions(3), (_, _) -> {
                throw new StackOverflowError();
            }));
            assertEquals(2, server.calls());
        }
    }

    @Test
    void addressesThatWouldGiveTheKeyAwayAreRefused() {
        for (var bad : List.of("ftp://host/v1", "https://user:hunter2@host/v1", "https://host/v1?key=x", "host/v1")) {
            var refused = assertThrows(LeewayException.class, () -> EndpointSettings.of(URI.create(bad), "m", PLENTY), bad);
            assertFalse(refused.getMessage().contains("hunter2"), refused.getMessage());
        }
        var plain = EndpointSettings.of(URI.create("http://192.0.2.1/v1"), "m", PLENTY);
        var refused = assertThrows(LeewayException.class, () -> new EndpointJudge(plain, KEY));
        assertEquals("http://192.0.2.1/v1 would send the key in JUDGE_KEY through the network in the open; use https",
            refused.getMessage());
        new EndpointJudge(plain, Optional.empty()).close();
        assertThrows(LeewayException.class, () -> ApiKey.from(Map.of("K", "a\nb"), "K"));
        assertEquals(Optional.empty(), ApiKey.from(Map.of("K", " "), "K"));
    }
}
