package dev.leeway.eval.output;

import dev.leeway.eval.Card;
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
 * under a setting, a metric is a statistic over all items, and the filter is {@code none}. Where that harness calls a measure otherwise, or
 * has a task of its own for it, it stands there under that name too.
 */
final class LmEvalFile {

    private static final String NAME = "results_lm_eval";
    private static final String FILTER = ",none";
    /** A statistic that differs from the mean of items by more than rounding is made otherwise, and no error of a mean is its own. */
    private static final double ROUNDING = 1e-9;

    private static final List<Alias> ALIASES = List.of(new Alias("gsm8k", "correct", "gsm8k", "exact_match,flexible-extract"),
        new Alias("truthfulqa_mc", "mc1", "truthfulqa_mc1", "acc,none"), new Alias("truthfulqa_mc", "mc2", "truthfulqa_mc2", "acc,none"));

    private LmEvalFile() {
    }

    /** A measure of a benchmark, and the task and metric, with its filter, that it is in the other harness. */
    private record Alias(String benchmark, String measure, String task, String metric) {
    }

    /** A statistic over all items, and what it is called in a task. */
    private record Metric(String name, Statistic statistic) {

        String unfiltered() {
            return name.split(",")[0];
        }
    }

    /** A file for each model, by name. */
    static SequencedMap<String, ObjectNode> all(Results results) {
        var files = new LinkedHashMap<String, ObjectNode>();
        var models = results.results().stream().map(Results.Result::subject).distinct().toList();
        for (var model : models) {
            var name = models.size() == 1 ? NAME : NAME + "_" + sanitized(model);
            int number = 2;
            for (var first = name; files.containsKey(name + ".json"); number++) {
                name = first + "_" + number;
            }
            var own = results.results().stream().filter(result -> result.subject().equals(model)).toList();
            files.put(name + ".json", of(results.seed(), own));
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
        var id = result.benchmark().card().id();
        var tasks = new LinkedHashMap<String, List<Metric>>();
        tasks.put(id, new ArrayList<>());
        for (var one : result.statistics()) {
            if (one.slice().isEmpty()) {
                tasks.get(id).add(new Metric(one.name(), one));
                ALIASES.stream().filter(alias -> alias.benchmark().equals(id) && alias.measure().equals(one.name())).forEach(alias ->
                    tasks.computeIfAbsent(alias.task(), _ -> new ArrayList<>()).add(new Metric(alias.metric(), one)));
            }
        }
        tasks.forEach((task, metrics) -> put(json, task(task, result.setting()), metrics, result));
    }

    private static void put(ObjectNode json, String task, List<Metric> metrics, Results.Result result) {
        var card = result.benchmark().card();
        var values = object(json, "results").putObject(task).put("alias", task);
        metrics.forEach(metric -> put(values, metric, result));
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
        metrics.forEach(metric -> {
            if (card.better() == Better.NEITHER || !isDirected(metric, card)) {
                higher.putNull(metric.unfiltered());
            } else {
                higher.put(metric.unfiltered(), card.better() == Better.HIGHER);
            }
        });
        object(json, "n-samples").putObject(task).put("original", result.benchmark().extent().items())
            .put("effective", items);
    }

    /** The headline and what has another harness's name: of other measures it isn't known which direction is better. */
    private static boolean isDirected(Metric metric, Card card) {
        return metric.statistic().name().equals(card.headline().name()) || !metric.name().equals(metric.statistic().name());
    }

    private static ObjectNode object(ObjectNode json, String name) {
        return (ObjectNode) json.get(name);
    }

    private static String task(String benchmark, Setting setting) {
        return setting.isBare() ? benchmark : benchmark + "@" + setting.prompt().name() + "/" + setting.context();
    }

    private static void put(ObjectNode values, Metric metric, Results.Result result) {
        var filtered = metric.name().contains(",") ? metric.name() : metric.name() + FILTER;
        metric.statistic().value().ifPresentOrElse(value -> values.put(filtered, value), () ->
            values.put(filtered, "N/A"));
        var error = filtered.replaceFirst(",", "_stderr,");
        standardError(metric.statistic(), result).ifPresentOrElse(value -> values.put(error, value), () -> values.put(error, "N/A"));
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
