package dev.leeway.eval;

import dev.leeway.io.CheckedLines;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;

/**
 * What was asked, answered and given for it, as the records of a run have it, in words.
 *
 * @param item its id
 * @param setting the evaluation prompt's name, with the context behind a slash where it isn't plain
 * @param epoch the how-manieth time, from 0
 * @param prompt all turns
 * @param answer what was written, or how likely or good what was given is
 * @param score values, and grades with what graders said; empty where the run ended before it
 */
public record RecordedAnswer(String item, String setting, int epoch, String prompt, String answer, Optional<Score> score) {

    /** As far as the next tokens are told. */
    private static final int NEXT = 5;

    /** Reads records, which stay as they are, in the order in which answers came. */
    public static List<RecordedAnswer> read(Path records, Set<String> items) {
        var answers = new LinkedHashMap<String, RecordedAnswer>();
        CheckedLines.read(records, line -> {
            if (items.contains(line.path("item").asString())) {
                take(line, answers);
            }
        });
        return new ArrayList<>(answers.values());
    }

    private static void take(JsonNode line, LinkedHashMap<String, RecordedAnswer> answers) {
        if (line.has("response_to")) {
            answers.put(line.get("response_to").asString(), new RecordedAnswer(line.get("item").asString(), setting(line),
                line.path("epoch").asInt(), prompt(line.path("request")), answer(line), Optional.empty()));
        } else if (line.has("score_of")) {
            answers.computeIfPresent(line.get("score_of").asString(), (_, one) -> new RecordedAnswer(one.item, one.setting, one.epoch,
                one.prompt, one.answer, Optional.of(RecordLines.score(line.path("score")))));
        }
    }

    private static String setting(JsonNode line) {
        var context = line.path("context").asString();
        return line.path("evaluation_prompt").asString() + (context.equals(Setting.PLAIN) ? "" : "/" + context);
    }

    private static String prompt(JsonNode request) {
        return request.has("text") ? request.get("text").asString() : request.path("messages").valueStream()
            .map(turn -> turn.path("role").asString() + ": " + turn.path("content").asString()).collect(Collectors.joining("\n"));
    }

    private static String answer(JsonNode line) {
        return switch (RecordLines.response(line.path("response"))) {
            case Response.Written written -> written.text() + (written.cut() ? " [cut at " + written.tokens() + " tokens]" : "");
            case Response.Weighed weighed -> weighed(line.path("request").path("options"), weighed);
            case Response.Rated rated -> "rated " + rated.score();
            case Response.Distribution next -> next.logProbs().entrySet().stream()
                .sorted((one, other) -> Double.compare(other.getValue(), one.getValue())).limit(NEXT)
                .map(one -> said(one.getKey(), one.getValue())).collect(Collectors.joining("; "));
            case Response.Unable unable -> "no answer: " + unable.reason();
        };
    }

    private static String weighed(JsonNode options, Response.Weighed weighed) {
        var said = new ArrayList<String>();
        for (int i = 0; i < weighed.weights().size(); i++) {
            said.add(said(options.path(i).asString(), weighed.weights().get(i).logProb()));
        }
        return String.join("; ", said);
    }

    private static String said(String text, double logProb) {
        return String.format(Locale.ROOT, "“%s” log-prob %.2f", text.strip(), logProb);
    }
}
