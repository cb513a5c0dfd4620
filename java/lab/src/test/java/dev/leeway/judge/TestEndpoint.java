package dev.leeway.judge;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A chat completions server on the loopback, each of whose answers a test decides. */
final class TestEndpoint implements AutoCloseable {

    /** What is done about call number {@code call}, from 0. */
    interface Behaviour {
        void handle(int call, JsonNode request, HttpExchange exchange) throws IOException, InterruptedException;
    }

    private final HttpServer server;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final AtomicInteger calls = new AtomicInteger();
    private final AtomicInteger now = new AtomicInteger();
    private final AtomicInteger most = new AtomicInteger();
    private final List<JsonNode> requests = new CopyOnWriteArrayList<>();
    private final List<String> authorizations = new CopyOnWriteArrayList<>();

    TestEndpoint(Behaviour behaviour) {
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
        server.setExecutor(threads);
        server.createContext("/v1/chat/completions", exchange -> handle(behaviour, exchange));
        server.start();
    }

    private void handle(Behaviour behaviour, HttpExchange exchange) throws IOException {
        most.accumulateAndGet(now.incrementAndGet(), Math::max);
        try (exchange) {
            var request = JsonMapper.shared().readTree(exchange.getRequestBody().readAllBytes());
            requests.add(request);
            authorizations.add(String.valueOf(exchange.getRequestHeaders().getFirst("Authorization")));
            behaviour.handle(calls.getAndIncrement(), request, exchange);
        } catch (InterruptedException closed) {
            Thread.currentThread().interrupt();
        } finally {
            now.decrementAndGet();
        }
    }

    static void send(HttpExchange exchange, int status, String body) throws IOException {
        var bytes = body.getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
        exchange.getResponseBody().write(bytes);
    }

    /** A completion that says {@code text} and took 10 and 2 tokens. */
    static String completion(String text) {
        var root = JsonMapper.shared().createObjectNode();
        root.putArray("choices").addObject().put("finish_reason", "stop").putObject("message").put("content", text);
        root.putObject("usage").put("prompt_tokens", 10).put("completion_tokens", 2);
        return root.toString();
    }

    /** What the user said in a request. */
    static String input(JsonNode request) {
        return request.path("messages").path(0).path("content").asString();
    }

    URI url() {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/v1");
    }

    int calls() {
        return calls.get();
    }

    /** The greatest number of calls at one time. */
    int most() {
        return most.get();
    }

    List<JsonNode> requests() {
        return requests;
    }

    List<String> authorizations() {
        return authorizations;
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
