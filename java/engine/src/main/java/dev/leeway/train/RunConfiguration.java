package dev.leeway.train;

import dev.leeway.LeewayException;
import dev.leeway.io.JsonFile;
import dev.leeway.io.JsonObject;
import dev.leeway.io.Sha256;
import java.util.ArrayList;
import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import tools.jackson.databind.node.ObjectNode;

/**
 * All that decides the numbers of a run: data and model by their hashes, hyper-parameters, seeds, back end. What does not (logging, how
 * often it saves, threads) stays out. A run continues only under the configuration it began with.
 *
 * @param fields name → value as compact JSON
 */
public record RunConfiguration(SortedMap<String, String> fields) {

    /** Copies the fields. */
    public RunConfiguration {
        fields = Collections.unmodifiableSortedMap(new TreeMap<>(fields));
    }

    /** The members of an object. */
    public static RunConfiguration of(ObjectNode arguments) {
        var fields = new TreeMap<String, String>();
        arguments.propertyNames().forEach(name -> fields.put(name, arguments.get(name).toString()));
        return new RunConfiguration(fields);
    }

    static RunConfiguration read(JsonObject json) {
        var fields = new TreeMap<String, String>();
        json.names().forEach(name -> fields.put(name, json.requireString(name)));
        return new RunConfiguration(fields);
    }

    ObjectNode toJson() {
        var json = JsonFile.newObject();
        fields.forEach(json::put);
        return json;
    }

    /** SHA-256 over the sorted fields, as 64 hexadecimal digits. */
    public String sha256() {
        return Sha256.of(toJson().toString());
    }

    /** Refuses to continue {@code checkpoint}, which was made under another configuration; names every field that differs. */
    public void requireContinues(RunConfiguration saved, Object checkpoint) {
        var names = new TreeSet<>(fields.keySet());
        names.addAll(saved.fields.keySet());
        var differences = new ArrayList<String>();
        for (var name : names) {
            var was = saved.fields.getOrDefault(name, "not set");
            var now = fields.getOrDefault(name, "not set");
            if (!was.equals(now)) {
                differences.add("%s was %s, now %s".formatted(name, was, now));
            }
        }
        if (!differences.isEmpty()) {
            throw LeewayException.usage("%s can't be continued under another configuration: %s; take the changes back, or begin a "
                + "new run in another folder", checkpoint, String.join("; ", differences));
        }
    }
}
