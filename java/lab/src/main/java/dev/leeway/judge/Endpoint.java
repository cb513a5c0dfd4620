package dev.leeway.judge;

import dev.leeway.LeewayException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** One HTTP call a question. Nothing is followed elsewhere, nothing is read beyond the limit, nothing is waited for beyond the timeout. */
final class Endpoint implements AutoCloseable {

    private static final int LONGEST_QUOTE = 200;
    private static final String TOO_LARGE = "body exceeds"; // how BodyHandlers.limiting puts it

    private final EndpointSettings settings;
    private final Optional<ApiKey> key;
    private final Time time;
    private final URI address;
    private final HttpClient client;

    Endpoint(EndpointSettings settings, Optional<ApiKey> key, Time time) {
        this.settings = settings;
        this.key = key;
        this.time = time;
        var base = settings.url().toString();
        address = URI.create((base.endsWith("/") ? base.substring(0, base.length() - 1) : base) + "/chat/completions");
        if (key.isPresent() && address.getScheme().equalsIgnoreCase("http") && !isHere(address.getHost())) {
            throw LeewayException.usage("%s would send %s through the network in the open; use https", settings.url(), key.get());
        }
        client = HttpClient.newBuilder().followRedirects(HttpClient.Redirect.NEVER).connectTimeout(settings.calls().timeout())
            // In the open, HTTP/2 begins with an upgrade, which some servers of models take amiss.
            .version(address.getScheme().equalsIgnoreCase("http") ? HttpClient.Version.HTTP_1_1 : HttpClient.Version.HTTP_2).build();
    }

    private static boolean isHere(String host) {
        try {
            return InetAddress.getByName(host).isLoopbackAddress();
        } catch (UnknownHostException elsewhere) {
            return false;
        }
    }

    Reply call(Question question) throws InterruptedException {
        var body = ChatCall.request(settings, question);
        var request = HttpRequest.newBuilder(address).header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofByteArray(body));
        key.ifPresent(one -> request.header("Authorization", one.authorization()));
        var future = client.sendAsync(request.build(), BodyHandlers.limiting(BodyHandlers.ofByteArray(), settings.calls().mostBytes()));
        try {
            return reply(question, body.length, future.get(settings.calls().timeout().toMillis(), TimeUnit.MILLISECONDS));
        } catch (TimeoutException stalled) {
            return new Reply.Failed("timeout", "nothing came within " + settings.calls().timeout().toMillis() + " ms", Optional.empty());
        } catch (ExecutionException failure) {
            return broken(failure.getCause());
        } finally {
            future.cancel(true);
        }
    }

    private Reply broken(Throwable cause) {
        var message = redact(String.valueOf(cause.getMessage()));
        if (!(cause instanceof IOException)) { // which is left out: its own message may hold the key
            throw LeewayException.resources("the judge at %s can't be called: %s: %s; check its address and the key", settings.url(),
                cause.getClass().getSimpleName(), message);
        }
        return message.startsWith(TOO_LARGE)
            ? new Reply.Failed("too large", "the body had more than " + settings.calls().mostBytes() + " bytes", Optional.empty())
            : new Reply.Failed("connection", "the connection failed (" + cause.getClass().getSimpleName() + ")", Optional.empty());
    }

    private Reply reply(Question question, int sent, HttpResponse<byte[]> response) {
        int status = response.statusCode();
        var kind = Integer.toString(status);
        if (status == 200) {
            return ChatCall.verdict(question, sent, response.body()).map(this::answered).orElseGet(() ->
                new Reply.Failed("garbage", "the body is no chat completion: " + quote(response.body()), Optional.empty()));
        }
        var reason = "HTTP " + status + ": " + quote(response.body());
        if (status == 401 || status == 403) {
            throw LeewayException.usage("the judge at %s refuses %s (%s); set the environment variable to a key that it takes",
                settings.url(), key.map(ApiKey::toString).orElse("calls without a key"), reason);
        }
        if (status == 404 || status >= 300 && status < 400) {
            throw LeewayException.usage("there is no chat completion of %s at %s (%s); check address and model", settings.model(), address,
                reason);
        }
        boolean passes = status == 408 || status == 409 || status == 425 || status == 429 || status >= 500;
        return passes ? new Reply.Failed(kind, reason, retryAfter(response)) : new Reply.Rejected(kind, reason);
    }

    private Reply answered(Verdict.Given verdict) {
        return new Reply.Answered(new Verdict.Given(redact(verdict.text()), verdict.cut(), verdict.optionLogProbs(), verdict.usage()));
    }

    /** {@code Retry-After} in seconds or as a date (RFC 9110, 10.2.3); what is neither is no wish. */
    private Optional<Duration> retryAfter(HttpResponse<?> response) {
        return response.headers().firstValue("Retry-After").flatMap(value -> {
            if (value.matches("[0-9]{1,9}")) {
                return Optional.of(Duration.ofSeconds(Long.parseLong(value)));
            }
            try {
                var date = Instant.from(DateTimeFormatter.RFC_1123_DATE_TIME.parse(value));
                var wait = Duration.between(time.now(), date);
                return Optional.of(wait.isNegative() ? Duration.ZERO : wait);
            } catch (DateTimeException neither) {
                return Optional.empty();
            }
        });
    }

    /** The beginning of a body, on one line. */
    private String quote(byte[] body) {
        var text = redact(new String(body, StandardCharsets.UTF_8)).replaceAll("[\\p{Cntrl}\\s]+", " ").strip();
        return "\"" + (text.length() > LONGEST_QUOTE ? text.substring(0, LONGEST_QUOTE) + "…" : text) + "\"";
    }

    private String redact(String text) {
        return key.map(one -> one.redact(text)).orElse(text);
    }

    @Override
    public void close() {
        client.shutdownNow();
    }
}
