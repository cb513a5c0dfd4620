package dev.leeway.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import dev.leeway.io.JsonFile;
import dev.leeway.io.JsonObject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** grpo with the reward {@code judge}, asked of a server on this machine and of a model in this process. */
final class JudgeRunTest {

    private static final String MARK = "SAID:";

    private final List<String> asked = new CopyOnWriteArrayList<>();

    @TempDir
    private Path folder;

    private HttpServer server;

    @BeforeEach
    void begin() throws IOException {
        TinyModel.model(folder);
        Files.writeString(folder.resolve("prompts.jsonl"), """
            {"prompt": "number 1 is", "rubric": "digits {completion}"}
            {"prompt": "number 2 is", "rubric": "letters"}
            """);
        Files.writeString(folder.resolve("template.txt"), "{prompt}|{rubric}|" + MARK + "{completion}");
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/v1/chat/completions", exchange -> {
            try (exchange) {
                var question = JsonFile.parse("request", new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8))
                    .node().path("messages").path(0).path("content").asString();
                asked.add(question);
                var body = answer(question).getBytes(StandardCharsets.UTF_8);
                exchange.sendResponseHeaders(200, body.length);
                exchange.getResponseBody().write(body);
            }
        });
        server.start();
    }

    @AfterEach
    void end() {
        server.stop(0);
    }

    /** The number of digits that the completion has, at most 9. */
    private static String answer(String question) {
        var root = JsonFile.newObject();
        root.putArray("choices").addObject().put("finish_reason", "stop").putObject("message")
            .put("content", "<score>" + digits(question.substring(question.indexOf(MARK) + MARK.length())) + "</score>");
        return root.toString();
    }

    private static int digits(String text) {
        return (int) Math.min(9, text.chars().filter(one -> one >= '0' && one <= '9').count());
    }

    private Object[] command(String output, Object... more) {
        return Stream.concat(Stream.of("grpo", "--model_name_or_path", folder.resolve("model"), "--dataset_name",
            folder.resolve("prompts.jsonl"), "--output_dir", folder.resolve(output), "--per_device_train_batch_size", 4,
            "--num_generations", 2, "--max_steps", 2, "--save_steps", 1, "--max_completion_length", 8, "--reward_funcs", "judge,length:4"),
            Stream.of(more)).toArray();
    }

    private Object[] endpoint() {
        return new Object[] {"--judge_endpoint", "http://127.0.0.1:" + server.getAddress().getPort() + "/v1", "--judge_model", "small",
            "--judge_template", folder.resolve("template.txt")};
    }

    private List<JsonObject> completions(String output) {
        try {
            return Files.readAllLines(folder.resolve(output).resolve("completions.jsonl")).stream()
                .map(line -> JsonFile.parse("completions.jsonl", line)).toList();
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }

    private void refused(String sentence, Object... more) {
        var result = Cli.run(command("refused", more));
        assertEquals(2, result.code(), result.err());
        assertTrue(result.err().contains(sentence), result.err());
        assertFalse(Files.exists(folder.resolve("refused/metrics.jsonl")));
    }

    @Test
    void anEndpointsNumbersAreTheRewardsAndNothingIsAskedTwice() {
        Cli.succeed(command("out", endpoint()));
        var all = completions("out");
        assertEquals(8, all.size());
        for (var one : all) {
            assertEquals(digits(one.requireString("completion")), one.requireObject("rewards").requireDouble("judge"));
        }
        assertTrue(asked.stream().anyMatch(one -> one.startsWith("number 1 is|digits {completion}|" + MARK)), asked.toString());
        int calls = asked.size();
        assertEquals(calls, asked.stream().distinct().count());
        Cli.succeed(Stream.of(command("again", endpoint()), new Object[] {"--judge_cache", folder.resolve("out/judge.jsonl")})
            .flatMap(Stream::of).toArray());
        assertEquals(calls, asked.size(), "a run with the same answers on the disk asks nobody");
    }

    @Test
    void aRunGoesOnWithItsOwnJudgeAlone() throws IOException {
        Cli.succeed(command("out", endpoint()));
        var on = Stream.of(command("out", endpoint()), new Object[] {"--resume_from_checkpoint",
            folder.resolve("out/checkpoint-1")}).flatMap(Stream::of);
        var before = completions("out").stream().map(one -> one.node().toString()).toList();
        Cli.succeed(on.toArray());
        assertEquals(before, completions("out").stream().map(one -> one.node().toString()).toList());
        Files.writeString(folder.resolve("template.txt"), "{prompt} {rubric} " + MARK + "{completion}");
        var other = Cli.run(Stream.of(command("out", endpoint()), new Object[] {"--resume_from_checkpoint",
            folder.resolve("out/checkpoint-1")})
            .flatMap(Stream::of).toArray());
        assertEquals(2, other.code(), other.err());
        assertTrue(other.err().contains("judge_template"), other.err());
    }

    @Test
    void aModelThatSaysNoNumberLeavesTheOtherRewards() throws IOException {
        Cli.succeed(command("out", "--judge_model", folder.resolve("model"), "--judge_template", folder.resolve("template.txt"),
            "--judge_max_length", 64, "--judge_max_tokens", 4));
        var line = Cli.metrics(folder.resolve("out")).getFirst();
        assertEquals(4, line.requireDouble("rewards/judge/missing"));
        for (var one : completions("out")) {
            assertFalse(one.requireObject("rewards").has("judge"), "not taken for 0: " + one.node());
            assertEquals(one.requireObject("rewards").requireDouble("length:4"), one.requireDouble("reward"));
        }
    }

    @Test
    void whatAJudgeLacksIsSaid() throws IOException {
        var template = folder.resolve("template.txt");
        refused("--judge_template is missing", "--judge_model", folder.resolve("model"));
        refused("--judge_model is missing", "--judge_template", template);
        refused("judge_parse: 'score' is none of", "--judge_parse", "score", "--judge_model", folder.resolve("model"),
            "--judge_template", template);
        refused("has no place {completion}", "--judge_model", folder.resolve("model"), "--judge_template",
            Files.writeString(folder.resolve("other.txt"), "Is {prompt} good?"));
        refused("opens no place", "--judge_model", folder.resolve("model"), "--judge_template",
            Files.writeString(folder.resolve("brace.txt"), "{completion} {"));
        refused("--judge_budget_… has no effect without --judge_endpoint", "--judge_model", folder.resolve("model"), "--judge_template",
            template, "--judge_budget_calls", 3);
        refused("is a reward model and says nothing", "--judge_template", template, "--judge_model",
            TinyRewardModel.model(Files.createDirectories(folder.resolve("scores"))));
        refused("--judge_… has no effect without judge in --reward_funcs", "--reward_funcs", "length", "--judge_parse", "last:0-10");
        refused("--columns tests=… has no effect",
            Stream.concat(Stream.of("--columns", "tests=rubric"), Stream.of(endpoint())).toArray());
    }

    @Test
    void aColumnOfTheTemplateThatNoRowHasIsRefused() throws IOException {
        Files.writeString(folder.resolve("template.txt"), "{completion} {reference}");
        var result = Cli.run(command("out", endpoint()));
        assertEquals(3, result.code(), result.err());
        assertTrue(result.err().contains("no row has a column 'reference', which judge reads; name one of yours in the template"),
            result.err());
    }

    @Test
    void aSpentBudgetEndsTheRunWithASentence() {
        var result = Cli.run(Stream.of(command("out", endpoint()), new Object[] {"--judge_budget_calls", 1}).flatMap(Stream::of).toArray());
        assertEquals(5, result.code(), result.err());
        assertTrue(result.err().contains("the judge's budget of 1 calls"), result.err());
    }
}
