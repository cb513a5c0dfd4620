package dev.leeway.eval.output;

import dev.leeway.eval.Card.Better;
import dev.leeway.eval.Results;
import dev.leeway.eval.Setting;
import dev.leeway.eval.Statistic;
import dev.leeway.io.JsonFile;
import dev.leeway.stats.Sample;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.OptionalDouble;
import java.util.SequencedMap;
import tools.jackson.databind.node.ObjectNode;

/**
 * Results as EleutherAI's lm-evaluation-harness writes those of one model (version 0.4), for tools that read these: a task is a benchmark
 * under a setting, a metric is a statistic over all items, and the filter is {@code none}.
 */
final class LmEvalFile {

    private static final String NAME = "results_lm_eval";
    private static final String FILTER = ",none";
    /** A statistic that differs from the mean of items by more than rounding is made otherwise, and no error of a mean is its own. */
    private static final double ROUNDING = 1e-9;

    private LmEvalFile() {
    }

    /** A file for each model, by name. */
    static SequencedMap<String, ObjectNode> all(Results results) {
        var files = new LinkedHashMap<String, ObjectNode>();
        var models = results.results().stream().map(Results.Result::subject).distinct().toList();
        for (var model : models) {
            var own = results.results().stream().filter(result -> result.subject().equals(model)).toList();
            files.put(models.size() == 1 ? NAME + ".json" : NAME + "_" + sanitized(model) + ".json", of(results.seed(), own));
        }
        return files;
    }

    private static String sanitized(String model) {
        return model.replaceAll("[^A-Za-z0-9._-]", "__");
    }

    private static ObjectNode of(long seed, List<Results.Result> results) {
        var json = JsonFile.newObject();
        for (var name : List.of("results", "group_subtasks", "configs", "versions", "n-shot", "higher_is_better", "n-samples")) {
            json.putObject(name);
        }
        results.forEach(result -> put(json, result));
        var model = results.getFirst();
        json.putObject("config").put("model", "leeway").put("model_args", "pretrained=" + model.subject())
            .put("model_sha", model.model().hash()).put("random_seed", seed);
        return json.put("model_source", "leeway").put("model_name", model.subject())
            .put("model_name_sanitized", sanitized(model.subject()));
    }

    private static void put(ObjectNode json, Results.Result result) {
        var task = task(result.benchmark().card().id(), result.setting());
        var card = result.benchmark().card();
        var metrics = object(json, "results").putObject(task).put("alias", task);
        result.statistics().stream().filter(one -> one.slice().isEmpty()).forEach(one -> put(metrics, one, result));
        object(json, "group_subtasks").putArray(task);
        long items = result.lines().stream().map(Results.Line::item).distinct().count();
        var config = object(json, "configs").putObject(task).put("task", task)
            .put("repeats", items == 0 ? 0 : result.lines().size() / items);
        card.source().hub().ifPresent(hub -> config.put("dataset_path", hub.repository()).putObject("dataset_kwargs")
            .put("revision", hub.revision()));
        config.putObject("metadata").put("version", card.version());
        object(json, "versions").put(task, card.version());
        var shots = result.benchmark().options().getOrDefault("shots", "0");
        object(json, "n-shot").put(task, shots.matches("\\d{1,6}") ? Integer.parseInt(shots) : 0);
        var higher = object(json, "higher_is_better").putObject(task);
        if (card.better() == Better.NEITHER) {
            higher.putNull(card.headline().name());
        } else {
            higher.put(card.headline().name(), card.better() == Better.HIGHER);
        }
        object(json, "n-samples").putObject(task).put("effective", items);
    }

    private static ObjectNode object(ObjectNode json, String name) {
        return (ObjectNode) json.get(name);
    }

    private static String task(String benchmark, Setting setting) {
        boolean bare = setting.prompt().equals(Setting.EvaluationPrompt.NONE) && setting.context().equals(Setting.PLAIN);
        return bare ? benchmark : benchmark + "@" + setting.prompt().name() + "/" + setting.context();
    }

    private static void put(ObjectNode metrics, Statistic one, Results.Result result) {
        one.value().ifPresentOrElse(value -> metrics.put(one.name() + FILTER, value), () -> metrics.put(one.name() + FILTER, "N/A"));
        standardError(one, result).ifPresentOrElse(error -> metrics.put(one.name() + "_stderr" + FILTER, error),
            () -> metrics.put(one.name() + "_stderr" + FILTER, "N/A"));
    }

    /** Of a mean over items, whose epochs are averaged first. */
    private static OptionalDouble standardError(Statistic one, Results.Result result) {
        var items = new LinkedHashMap<String, List<Double>>();
        result.lines().forEach(line -> line.score().value(one.name()).asNumber()
            .ifPresent(value -> items.computeIfAbsent(line.item(), _ -> new ArrayList<>()).add(value)));
        var means = items.values().stream().mapToDouble(values -> Sample.mean(values.stream().mapToDouble(Double::doubleValue).toArray()))
            .toArray();
        if (means.length < 2 || one.value().isEmpty()) {
            return OptionalDouble.empty();
        }
        double mean = Sample.mean(means);
        return Math.abs(mean - one.value().getAsDouble()) > ROUNDING * Math.max(1, Math.abs(mean)) ? OptionalDouble.empty()
            : OptionalDouble.of(Math.sqrt(Sample.variance(means) / means.length));
    }
}
