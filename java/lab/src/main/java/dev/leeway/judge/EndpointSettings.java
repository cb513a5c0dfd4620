package dev.leeway.judge;

import dev.leeway.LeewayException;
import java.net.URI;
import java.time.Duration;
import java.util.Locale;
import java.util.Set;

/**
 * How a judge behind an OpenAI-compatible endpoint is asked.
 *
 * @param url what {@code /chat/completions} is put behind: {@code https://api.openai.com/v1}
 * @param model the model's name there
 * @param answers how answers are drawn
 * @param calls how calls are made
 * @param budget what a judge may take, from its opening on
 */
public record EndpointSettings(URI url, String model, Answers answers, Calls calls, Budget budget) {

    private static final Set<String> SCHEMES = Set.of("http", "https");

    /** Temperature 0 and 512 tokens, 8 calls at a time, 6 attempts, and a budget. */
    public static EndpointSettings of(URI url, String model, Budget budget) {
        return new EndpointSettings(url, model, new Answers(0, 512), Calls.DEFAULT, budget);
    }

    /** Checks the address. */
    public EndpointSettings {
        var scheme = url.getScheme() == null ? "" : url.getScheme().toLowerCase(Locale.ROOT);
        if (!SCHEMES.contains(scheme) || url.getHost() == null || url.getRawUserInfo() != null || url.getRawQuery() != null) {
            throw LeewayException.usage("a judge's address looks like https://host/v1, without user, password or query; got %s",
                url.getRawUserInfo() == null && url.getRawQuery() == null ? url : "one with a user or a query");
        }
        if (model.isBlank()) {
            throw LeewayException.usage("the judge at %s needs the name of a model", url);
        }
    }

    /**
     * How answers are drawn.
     *
     * @param temperature 0 = the most probable token
     * @param maxTokens an answer's longest length
     */
    public record Answers(double temperature, int maxTokens) {

        /** Checks the ranges. */
        public Answers {
            if (!(temperature >= 0 && temperature <= 2) || maxTokens < 1) {
                throw LeewayException.usage("a judge needs a temperature from 0 to 2 and an answer of 1 token or more; got %s and %d",
                    temperature, maxTokens);
            }
        }
    }

    /**
     * How calls are made.
     *
     * @param concurrency calls at one time
     * @param perSecond calls begun in a second, at most
     * @param attempts calls for one question, at most
     * @param timeout of one call, until the last byte
     * @param longestWait between two attempts; a server that asks for more ends the run
     * @param mostBytes of one answer's body
     */
    public record Calls(int concurrency, double perSecond, int attempts, Duration timeout, Duration longestWait, int mostBytes) {

        /** 8 at a time, 10 a second, 6 attempts of 120 s, waits up to 60 s, 4 MiB. */
        public static final Calls DEFAULT = new Calls(8, 10, 6, Duration.ofSeconds(120), Duration.ofSeconds(60), 4 << 20);

        /** Checks that each is positive. */
        public Calls {
            if (concurrency < 1 || !(perSecond > 0) || attempts < 1 || timeout.toMillis() < 1 || longestWait.isNegative()
                || mostBytes < 1) {
                throw LeewayException.usage("calls of a judge need positive numbers; got %d at a time, %s a second, %d attempts, %s, %s, "
                    + "%d bytes", concurrency, perSecond, attempts, timeout, longestWait, mostBytes);
            }
        }
    }

    /**
     * What a judge may take. Calls that are under way when it is spent are finished, so tokens may pass it by theirs.
     *
     * @param calls requests, repeated ones included
     * @param tokens read and written; where an endpoint doesn't count them, bytes are taken for tokens
     */
    public record Budget(long calls, long tokens) {
    }
}
