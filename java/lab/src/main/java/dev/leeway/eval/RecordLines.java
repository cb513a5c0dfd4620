package dev.leeway.eval;

import dev.leeway.LeewayException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Requests, responses and scores as JSON. Numbers keep every bit. */
final class RecordLines {

    private RecordLines() {
    }

    private static ObjectNode object() {
        return JsonMapper.shared().createObjectNode();
    }

    static ObjectNode write(Request request) {
        var node = object();
        switch (request.prompt()) {
            case Prompt.Chat chat -> {
                var turns = node.putArray("messages");
                chat.turns().forEach(turn -> turns.addObject().put("role", turn.role()).put("content", turn.content()));
            }
            case Prompt.Text text -> node.put("text", text.text());
        }
        switch (request) {
            case Request.Write write -> {
                var sampling = write.sampling();
                var stops = node.put("temperature", sampling.temperature()).put("top_p", sampling.topP())
                    .put("max_new_tokens", sampling.maxNewTokens()).putArray("stop");
                sampling.stops().forEach(stops::add);
            }
            case Request.Weigh weigh -> {
                var options = node.putArray("options");
                weigh.options().forEach(options::add);
            }
            case Request.Rate rate -> node.put("answer", rate.answer());
            case Request.Next next -> {
                var texts = node.putArray("next");
                next.texts().forEach(texts::add);
            }
        }
        return node;
    }

    static ObjectNode write(Response response) {
        var node = object();
        switch (response) {
            case Response.Written written -> node.put("written", written.text()).put("cut", written.cut()).put("tokens", written.tokens());
            case Response.Weighed weighed -> {
                var logProbs = node.putArray("log_probs");
                var tokens = node.putArray("tokens");
                weighed.weights().forEach(weight -> {
                    logProbs.add(finite(weight.logProb(), "a log-prob"));
                    tokens.add(weight.tokens());
                });
            }
            case Response.Rated rated -> node.put("rated", finite(rated.score(), "a reward"));
            case Response.Distribution distribution -> {
                var next = node.putObject("next");
                distribution.logProbs().forEach((text, logProb) -> next.put(text, finite(logProb, "a log-prob")));
            }
            case Response.Unable unable -> node.put("unable", unable.reason());
        }
        return node;
    }

    static Response response(JsonNode node) {
        if (node.has("written")) {
            return new Response.Written(node.get("written").asString(), node.path("cut").asBoolean(), node.path("tokens").asInt());
        }
        if (node.has("log_probs")) {
            var weights = new ArrayList<Response.Weight>();
            for (int i = 0; i < node.get("log_probs").size(); i++) {
                weights.add(new Response.Weight(node.get("log_probs").get(i).asDouble(), node.get("tokens").get(i).asInt()));
            }
            return new Response.Weighed(weights);
        }
        if (node.has("next")) {
            var logProbs = new LinkedHashMap<String, Double>();
            node.get("next").propertyStream().forEach(text -> logProbs.put(text.getKey(), text.getValue().asDouble()));
            return new Response.Distribution(logProbs);
        }
        return node.has("rated") ? new Response.Rated(node.get("rated").asDouble())
            : new Response.Unable(node.path("unable").asString());
    }

    static ObjectNode write(Score score) {
        var node = object();
        var values = node.putObject("values");
        score.values().forEach((measure, value) -> values.set(measure, write(value)));
        var grades = node.putArray("grades");
        score.grades().forEach(grade -> {
            var one = grades.addObject().put("of", grade.of()).put("variant", grade.variant()).put("grader", grade.grader());
            one.set("value", write(grade.value()));
            one.put("said", grade.said());
        });
        return node;
    }

    static Score score(JsonNode node) {
        var values = new LinkedHashMap<String, Value>();
        node.path("values").propertyStream().forEach(value -> values.put(value.getKey(), value(value.getValue())));
        List<Score.Grade> grades = node.path("grades").valueStream().map(one -> new Score.Grade(one.path("of").asString(),
            one.path("variant").asString(), one.path("grader").asString(), value(one.path("value")), one.path("said").asString())).toList();
        return new Score(values, grades);
    }

    /** A number, or an object with the reason why there is none. */
    private static JsonNode write(Value value) {
        return switch (value) {
            case Value.Given given -> JsonMapper.shared().getNodeFactory().numberNode(finite(given.number(), "a value"));
            case Value.Missing missing -> object().put("missing", missing.reason());
        };
    }

    private static Value value(JsonNode node) {
        return node.isNumber() ? Value.of(node.asDouble()) : Value.missing(node.path("missing").asString());
    }

    private static double finite(double number, String what) {
        if (!Double.isFinite(number)) {
            throw LeewayException.numerics("%s is %s; a finite number is expected: try the model with float32, or an earlier checkpoint",
                what, number);
        }
        return number;
    }
}
