package dev.leeway.study;

import dev.leeway.LeewayException;
import dev.leeway.eval.RecordedAnswer;
import dev.leeway.io.JsonFile;
import dev.leeway.io.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The files that trainings and examinations left, for people: what they measured on the way, and what was answered. Nothing here depends on
 * when or how fast it was done.
 *
 * @param folder of the study
 * @param exams what each examination wrote
 */
record StudyTraces(StudyFolder folder, Map<StudyRun.Sitting, Path> exams) {

    private static final String REWARD = "reward";
    private static final String LOSS = "loss";
    private static final String STEP = "step";
    private static final String EVAL = "eval_";

    /** Takes a copy. */
    StudyTraces {
        exams = new LinkedHashMap<>(exams);
    }

    /**
     * What a training measured behind its steps.
     *
     * @param metric its name
     * @param values by step; those that are not finite are left out
     */
    record Trace(String metric, SortedMap<Integer, Double> values) {
    }

    /** The reward of a training where there is one, else its loss; a merge keeps no metrics. */
    Optional<Trace> of(Plan.Node node) {
        var lines = metrics(node).stream().filter(line -> line.has(LOSS)).toList();
        if (lines.isEmpty()) {
            return Optional.empty();
        }
        var metric = lines.getFirst().has(REWARD) ? REWARD : LOSS;
        var values = new TreeMap<Integer, Double>();
        lines.forEach(line -> line.optional(metric).filter(value -> value.isNumber() && Double.isFinite(value.asDouble()))
            .ifPresent(value -> values.put(line.requireInt(STEP), value.asDouble())));
        return Optional.of(new Trace(metric, values));
    }

    /** What evaluations of a training measured on the way, losses and answers, by name. */
    List<Trace> evaluated(Plan.Node node) {
        var traces = new LinkedHashMap<String, SortedMap<Integer, Double>>();
        metrics(node).stream().filter(line -> !line.has(LOSS)).forEach(line -> line.names().stream().filter(name -> name.startsWith(EVAL))
            .forEach(name -> line.optional(name).filter(value -> value.isNumber() && Double.isFinite(value.asDouble())).ifPresent(value ->
                traces.computeIfAbsent(name, _ -> new TreeMap<>()).put(line.requireInt(STEP), value.asDouble()))));
        return traces.entrySet().stream().map(trace -> new Trace(trace.getKey(), trace.getValue())).toList();
    }

    /** The last step of a training that says so. */
    OptionalInt lastStep(Plan.Node node) {
        return metrics(node).stream().filter(line -> line.has(LOSS)).mapToInt(line -> line.requireInt(STEP)).max();
    }

    private List<JsonObject> metrics(Plan.Node node) {
        var file = folder.stage(node).resolve("metrics.jsonl");
        if (!Files.exists(file)) {
            return List.of();
        }
        try (var lines = Files.lines(file)) {
            return lines.map(line -> JsonFile.parse(file.toString(), line)).toList();
        } catch (IOException unreadable) {
            throw LeewayException.resources(unreadable, "%s can't be read: %s", file, unreadable.getMessage());
        }
    }

    /** What a model answered to some items, in their order; nothing where no records were kept. */
    List<RecordedAnswer> answers(StudyRun.Sitting sitting, Set<String> items) {
        var file = records(sitting);
        return file.filter(Files::exists).map(records -> RecordedAnswer.read(records, items)).orElse(List.of());
    }

    /** The file of all answers, which need not exist. */
    Optional<Path> records(StudyRun.Sitting sitting) {
        return Optional.ofNullable(exams.get(sitting)).map(exam -> exam.resolve("records.jsonl"));
    }
}
