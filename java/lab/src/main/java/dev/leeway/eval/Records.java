package dev.leeway.eval;

import dev.leeway.LeewayException;
import dev.leeway.io.CheckedLines;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * What a run has so far, in a file of JSON lines that only grows: what it is a run of, then each response as soon as it is there, and each
 * score. What a kill tears off, or what is damaged later, is asked again; of two scores of one answer the later counts. Everything is taken
 * as it will be read again, so that a run that goes on from the file can't differ from one that made it.
 */
final class Records implements AutoCloseable {

    private static final CheckedLines.Kind FILE = new CheckedLines.Kind("the records", "holds no records of an evaluation, or none that is "
        + "whole; nothing of it was changed: name another folder, or delete it to ask everything again");

    private final Path path;
    private final CheckedLines file;
    private final Map<String, Response> responses = new HashMap<>();
    private final Map<String, Scored> scores = new HashMap<>();

    /**
     * A score with what it was made with.
     *
     * @param score of an answer
     * @param templates hashes of judges' templates, of this answer and perhaps of those that were scored with it
     */
    record Scored(Score score, List<String> templates) {

        /** Whether a value or a grade is missing. */
        boolean misses() {
            return Stream.concat(score.values().values().stream(), score.grades().stream().map(Score.Grade::value))
                .anyMatch(Value.Missing.class::isInstance);
        }
    }

    private Records(Path path, CheckedLines file) {
        this.path = path;
        this.file = file;
    }

    /**
     * Opens the records of a run, or begins them.
     *
     * @param identity all that answers and scores depend on, by words that a message can have
     * @throws LeewayException if they are of another run
     */
    static Records open(Path path, SequencedMap<String, String> identity) {
        var file = CheckedLines.open(path, FILE);
        try {
            var records = new Records(path, file);
            var lines = file.takeLines();
            if (lines.isEmpty()) {
                var line = object();
                var run = line.putObject("run");
                identity.forEach(run::put);
                file.append(line);
                file.force(); // without it nothing else in the file is of any run
            } else {
                records.requireSame(identity, lines.getFirst().path("run"));
                lines.forEach(records::take);
            }
            return records;
        } catch (Throwable failure) {
            file.close();
            throw failure;
        }
    }

    private void requireSame(SequencedMap<String, String> identity, JsonNode run) {
        if (!run.isObject()) {
            throw LeewayException.data("%s doesn't say first which run it is of; name another folder, or delete it to ask everything again",
                path);
        }
        var recorded = new LinkedHashMap<String, String>();
        run.propertyStream().forEach(field -> recorded.put(field.getKey(), field.getValue().asString()));
        var all = new LinkedHashMap<>(identity);
        recorded.forEach(all::putIfAbsent);
        for (var name : all.keySet()) {
            var now = Optional.ofNullable(identity.get(name)).orElse("none");
            var then = Optional.ofNullable(recorded.get(name)).orElse("none");
            if (!now.equals(then)) {
                throw LeewayException.usage("%s is of a run with %s: %s; this one has %s: give the same again, or name another folder",
                    path, name, then, now);
            }
        }
    }

    private void take(JsonNode line) {
        if (line.has("response_to")) {
            responses.put(line.get("response_to").asString(), RecordLines.response(line.path("response")));
        } else if (line.has("score_of")) {
            scores.put(line.get("score_of").asString(), new Scored(RecordLines.score(line.path("score")),
                line.path("templates").valueStream().map(JsonNode::asString).toList()));
        }
    }

    private static ObjectNode object() {
        return JsonMapper.shared().createObjectNode();
    }

    Optional<Response> response(String key) {
        return Optional.ofNullable(responses.get(key));
    }

    Optional<Scored> score(String key) {
        return Optional.ofNullable(scores.get(key));
    }

    /** Keeps a response. */
    void answered(String subject, Task<?> task, String key, Response response) {
        var line = described(object().put("response_to", key).put("subject", subject), task);
        line.set("request", RecordLines.write(task.request()));
        line.set("response", RecordLines.write(response));
        append(line);
    }

    /** Keeps a score. */
    void scored(String subject, Task<?> task, String key, Scored scored) {
        var line = described(object().put("score_of", key).put("subject", subject), task);
        line.set("score", RecordLines.write(scored.score()));
        var hashes = line.putArray("templates");
        scored.templates().forEach(hashes::add);
        append(line);
    }

    private static ObjectNode described(ObjectNode line, Task<?> task) {
        return line.put("benchmark", task.benchmark()).put("evaluation_prompt", task.setting().prompt().name())
            .put("context", task.setting().context()).put("item", task.item().id()).put("epoch", task.epoch());
    }

    private void append(ObjectNode line) {
        file.append(line);
        take(JsonMapper.shared().readTree(line.toString().getBytes(StandardCharsets.UTF_8)));
    }

    /** Returns when all of it is on the disk itself. */
    void force() {
        file.force();
    }

    /** {@code file:line} of each line that is not what was written. */
    List<String> damaged() {
        return file.damaged();
    }

    @Override
    public void close() {
        file.close();
    }
}
