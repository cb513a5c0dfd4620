package dev.leeway.judge;

import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A question as a request of the chat completions API, and its response as a verdict. Where options are asked for, each has the log-prob
 * of the answer's first token spelling it, surrounding blanks aside: tokens that spell the same are added up, an option that is not among
 * the 20 most probable tokens (such as one of several tokens) has none.
 */
final class ChatCall {

    private static final int MOST_TOP_LOGPROBS = 20;

    private ChatCall() {
    }

    static byte[] request(EndpointSettings settings, Question question) {
        var body = JsonMapper.shared().createObjectNode();
        body.put("model", settings.model());
        body.putArray("messages").addObject().put("role", "user").put("content", question.input());
        body.put("temperature", settings.answers().temperature());
        body.put("max_tokens", settings.answers().maxTokens());
        body.put("seed", question.seed());
        if (!question.options().isEmpty()) {
            body.put("logprobs", true).put("top_logprobs", MOST_TOP_LOGPROBS);
        }
        return body.toString().getBytes(StandardCharsets.UTF_8);
    }

    /** The verdict of a response's body; empty where it is not a response of this API. */
    static Optional<Verdict.Given> verdict(Question question, int sent, byte[] body) {
        JsonNode root;
        try {
            root = JsonMapper.shared().readTree(body);
        } catch (JacksonException garbage) {
            return Optional.empty();
        }
        var choice = root.path("choices").path(0);
        var content = choice.path("message").path("content");
        if (!content.isString() && !content.isNull()) {
            return Optional.empty();
        }
        var text = content.isString() ? content.stringValue() : "";
        return Optional.of(new Verdict.Given(text, choice.path("finish_reason").asString("").equals("length"),
            logProbs(question, choice.path("logprobs").path("content").path(0).path("top_logprobs")),
            usage(root.path("usage"), sent, body.length)));
    }

    private static Map<String, Double> logProbs(Question question, JsonNode top) {
        var probabilities = new HashMap<String, Double>();
        for (var one : top) {
            var token = one.path("token").asString("").strip();
            double logProb = one.path("logprob").asDouble(Double.NaN);
            if (question.options().contains(token) && logProb <= Verdict.Given.ROUNDING) {
                probabilities.merge(token, Math.exp(logProb), Double::sum);
            }
        }
        var logProbs = new HashMap<String, Double>();
        probabilities.forEach((option, probability) -> {
            if (probability > 0) {
                logProbs.put(option, Math.log(probability));
            }
        });
        return logProbs;
    }

    /** A token has one byte or more: bytes are never fewer than tokens. */
    private static Verdict.Usage usage(JsonNode usage, int sent, int received) {
        long prompt = usage.path("prompt_tokens").asLong(-1);
        long completion = usage.path("completion_tokens").asLong(-1);
        return new Verdict.Usage(prompt < 0 ? sent : prompt, completion < 0 ? received : completion);
    }
}
