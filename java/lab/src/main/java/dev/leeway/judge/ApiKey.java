package dev.leeway.judge;

import dev.leeway.LeewayException;
import java.util.Map;
import java.util.Optional;

/** A secret that an endpoint asks for. It is read from the environment, sent, and never shown: not by {@link #toString()} either. */
public final class ApiKey {

    private static final int SHORTEST_FOUND = 4; // a shorter one would be found in every text

    private final String variable;
    private final String secret;

    private ApiKey(String variable, String secret) {
        this.variable = variable;
        this.secret = secret;
    }

    /**
     * The key that a variable of an environment holds; empty where it is not set.
     *
     * @throws LeewayException if it holds what can be no key
     */
    public static Optional<ApiKey> from(Map<String, String> environment, String variable) {
        var value = environment.getOrDefault(variable, "").strip();
        if (!value.matches("[!-~]*")) {
            throw LeewayException.usage("the environment variable %s holds characters that no key has; set it to the key alone", variable);
        }
        return value.isEmpty() ? Optional.empty() : Optional.of(new ApiKey(variable, value));
    }

    /** The variable it came from. */
    public String variable() {
        return variable;
    }

    String authorization() {
        return "Bearer " + secret;
    }

    /** A text in which the key, should a server repeat it, is gone. */
    String redact(String text) {
        return secret.length() < SHORTEST_FOUND ? text : text.replace(secret, "[key]");
    }

    @Override
    public String toString() {
        return "the key in " + variable;
    }
}
