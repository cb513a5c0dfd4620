package dev.leeway.eval.output;

import dev.leeway.LeewayException;
import dev.leeway.eval.Card.Kind;
import dev.leeway.io.JsonFile;
import dev.leeway.io.JsonObject;
import dev.leeway.io.Sha256;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;

/**
 * What a finished run left, read again: all that comparing it with another one takes.
 *
 * @param path its folder
 * @param json of {@code results.json}
 * @param values of {@code items.csv}
 */
public record ResultFolder(Path path, JsonObject json, List<ItemValue> values) {

    /** What two runs must have in common for the same benchmark, beside its data. */
    private static final List<String> SAME = List.of("version", "options");

    /** Takes a copy. */
    public ResultFolder {
        values = List.copyOf(values);
    }

    /**
     * Reads a folder.
     *
     * @throws LeewayException if the run is not finished, or a file is not the one that it wrote
     */
    public static ResultFolder read(Path path) {
        var file = path.resolve(ResultJson.NAME);
        if (!Files.exists(file)) {
            throw LeewayException.data("%s has no %s, which leeway eval writes when it is done; name the folder of a finished run, or go "
                + "on with leeway eval resume", path, ResultJson.NAME);
        }
        var json = JsonFile.read(file);
        if (json.requireInt("format") != ResultJson.FORMAT) {
            throw LeewayException.data("%s has format %d, and this version reads %d; compare with the version that wrote it", file,
                json.requireInt("format"), ResultJson.FORMAT);
        }
        var items = path.resolve(ItemTable.NAME);
        if (!Files.exists(items) || !Sha256.ofFile(items).equals(json.requireObject("files").requireString(ItemTable.NAME))) {
            throw LeewayException.data("%s is not the file that %s was written with; put it back, or run leeway eval again", items, file);
        }
        return new ResultFolder(path, json, ItemTable.read(items));
    }

    /** The names of its models. */
    public List<String> models() {
        return List.copyOf(json.requireObject("models").names());
    }

    /** The measure that a benchmark is compared by; empty where the run has no such benchmark. */
    public Optional<String> headline(String benchmark) {
        return json.requireObject("benchmarks").optionalObject(benchmark).map(found -> found.requireString("headline"));
    }

    /** What values a measure has: the headline's kind is known, and others are outcomes if their values are. */
    public Kind kind(ItemValue.Cell cell) {
        var benchmark = json.requireObject("benchmarks").requireObject(cell.benchmark());
        return benchmark.requireString("headline").equals(cell.measure()) ? ResultJson.kind(benchmark.requireString("kind")) : Kind.BINARY;
    }

    /** Why values of a benchmark in this run and in another one are not of the same question; empty where they are. */
    public List<String> differences(ResultFolder other, String benchmark) {
        var own = json.requireObject("benchmarks").requireObject(benchmark);
        var others = other.json.requireObject("benchmarks").requireObject(benchmark);
        var differences = new ArrayList<String>();
        SAME.stream().filter(name -> !own.require(name).equals(others.require(name))).map(name -> name + ": " + own.require(name)
            + " and " + others.require(name)).forEach(differences::add);
        if (!sums(own).equals(sums(others))) {
            differences.add("data: " + sums(own) + " and " + sums(others));
        }
        if (!own.requireStrings("templates").isEmpty() && !others.requireStrings("templates").isEmpty()) {
            differences.addAll(ofJudging(other, own, others));
        }
        differences.addAll(ofAsking(other, benchmark));
        return differences;
    }

    /** Where answers of one side needed no judge, such as empty ones, no judge's difference is in them. */
    private List<String> ofJudging(ResultFolder other, JsonObject own, JsonObject others) {
        var differences = new ArrayList<String>();
        if (!own.requireStrings("templates").equals(others.requireStrings("templates"))) {
            differences.add("templates: " + own.require("templates") + " and " + others.require("templates"));
        }
        if (!json.requireStrings("judges").equals(other.json.requireStrings("judges"))) {
            differences.add("judges: " + json.requireStrings("judges") + " and " + other.json.requireStrings("judges"));
        }
        return differences;
    }

    /** What stands around items under the same name, how often each is asked, and the second model. */
    private List<String> ofAsking(ResultFolder other, String benchmark) {
        var differences = new ArrayList<String>();
        var prompts = prompts(benchmark);
        other.prompts(benchmark).forEach((name, text) -> {
            if (!prompts.getOrDefault(name, text).equals(text)) {
                differences.add("evaluation prompt " + name + ": " + prompts.get(name) + " and " + text);
            }
        });
        if (epochs(benchmark) != other.epochs(benchmark)) {
            differences.add("epochs: " + epochs(benchmark) + " and " + other.epochs(benchmark));
        }
        if (!reference(benchmark).equals(other.reference(benchmark))) {
            differences.add("reference model: " + reference(benchmark) + " and " + other.reference(benchmark));
        }
        return differences;
    }

    private Map<String, String> prompts(String benchmark) {
        var prompts = new LinkedHashMap<String, String>();
        json.requireObjects("results").stream().filter(result -> result.requireString("benchmark").equals(benchmark))
            .map(result -> result.requireObject("prompt")).forEach(prompt -> prompts.put(prompt.requireString("name"),
                prompt.node().toString()));
        return prompts;
    }

    private int epochs(String benchmark) {
        return values.stream().filter(value -> value.cell().benchmark().equals(benchmark)).mapToInt(ItemValue::epoch).max().orElse(-1) + 1;
    }

    private String reference(String benchmark) {
        return json.requireObject("benchmarks").requireObject(benchmark).optionalString("reference").orElse("none");
    }

    /** SHA-256 of the benchmark's files, whatever they are called. */
    private static TreeSet<String> sums(JsonObject benchmark) {
        var data = benchmark.requireObject("data");
        var sums = new TreeSet<String>();
        data.names().forEach(name -> sums.add(data.requireString(name)));
        return sums;
    }
}
