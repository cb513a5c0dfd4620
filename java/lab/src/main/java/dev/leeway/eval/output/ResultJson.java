package dev.leeway.eval.output;

import dev.leeway.eval.Card;
import dev.leeway.eval.Results;
import dev.leeway.eval.Setting;
import dev.leeway.eval.Source;
import dev.leeway.eval.Statistic;
import dev.leeway.io.JsonFile;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.node.ObjectNode;

/** {@code results.json}: what was asked of whom, with which data and judges, and what came of it. It holds no time. */
final class ResultJson {

    static final String NAME = "results.json";
    /** Bumped when a reader of the one before could misread it. */
    static final int FORMAT = 1;

    private ResultJson() {
    }

    /**
     * The whole file.
     *
     * @param sums SHA-256 of files beside it, by name
     */
    static ObjectNode of(Results results, Map<String, String> sums) {
        var json = JsonFile.newObject().put("format", FORMAT).put("seed", results.seed());
        var judges = json.putArray("judges");
        results.judges().forEach(judges::add);
        results.reference().ifPresentOrElse(hash -> json.put("reference", hash), () -> json.putNull("reference"));
        var models = json.putObject("models");
        var benchmarks = json.putObject("benchmarks");
        var all = json.putArray("results");
        for (var result : results.results()) {
            if (!models.has(result.subject())) {
                put(models.putObject(result.subject()).put("hash", result.model().hash()), "details", result.model().details());
            }
            if (!benchmarks.has(result.benchmark().card().id())) {
                describe(benchmarks.putObject(result.benchmark().card().id()), result.benchmark(),
                    results.reference().filter(_ -> result.benchmark().extent().isReferred()));
            }
            put(all.addObject(), result);
        }
        put(json, "files", sums);
        return json;
    }

    private static void put(ObjectNode json, String name, Map<String, String> texts) {
        var object = json.putObject(name);
        texts.forEach(object::put);
    }

    private static void describe(ObjectNode json, Results.Origin origin, Optional<String> reference) {
        var card = origin.card();
        json.put("version", card.version()).put("title", card.title()).put("headline", card.headline().name())
            .put("kind", word(card.headline().kind())).put("better", word(card.better()));
        json.put("items", origin.extent().items());
        reference.ifPresent(hash -> json.put("reference", hash));
        source(json.putObject("source"), card.source());
        put(json, "options", origin.options());
        put(json, "data", origin.data());
        var templates = json.putArray("templates");
        origin.templates().forEach(templates::add);
    }

    static String word(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }

    static Card.Kind kind(String word) {
        return Card.Kind.valueOf(word.toUpperCase(Locale.ROOT));
    }

    private static void source(ObjectNode json, Source source) {
        json.put("licence", source.licence()).put("citation", source.citation());
        source.hub().ifPresent(hub -> json.put("hub", hub.repository()).put("revision", hub.revision()));
    }

    private static void put(ObjectNode json, Results.Result result) {
        json.put("model", result.subject()).put("benchmark", result.benchmark().card().id());
        put(json.putObject("prompt"), result.setting().prompt());
        json.put("context", result.setting().context()).put("answers", result.lines().size());
        var statistics = json.putArray("statistics");
        result.statistics().forEach(one -> put(statistics.addObject(), one));
        var missing = json.putObject("missing");
        result.missing().forEach((measure, reasons) -> {
            var counts = missing.putObject(measure).put("rate", result.missingRate(measure)).putObject("reasons");
            reasons.forEach(counts::put);
        });
    }

    private static void put(ObjectNode json, Setting.EvaluationPrompt prompt) {
        json.put("name", prompt.name());
        prompt.system().ifPresent(text -> json.put("system", text));
        if (!prompt.prefix().isEmpty() || !prompt.suffix().isEmpty()) {
            json.put("prefix", prompt.prefix()).put("suffix", prompt.suffix());
        }
    }

    private static void put(ObjectNode json, Statistic one) {
        json.put("name", one.name()).put("slice", one.slice());
        one.value().ifPresentOrElse(value -> json.put("value", value), () -> json.putNull("value"));
        one.interval().ifPresent(interval -> json.put("low", interval.low()).put("high", interval.high()));
        json.put("items", one.items()).put("missing", one.missing());
    }
}
