package dev.leeway.study;

import dev.leeway.io.JsonFile;
import dev.leeway.io.JsonObject;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import tools.jackson.databind.node.ObjectNode;

/** Outcomes of an examination as JSON; keys in alphabetical order, so that the same outcomes are the same bytes. */
final class OutcomeFile {

    private OutcomeFile() {
    }

    static ObjectNode json(List<Examiner.Outcome> outcomes) {
        var json = JsonFile.newObject();
        var list = json.putArray("outcomes");
        for (var outcome : outcomes) {
            var one = list.addObject().put("setting", outcome.setting()).put("item", outcome.item());
            var slices = one.putObject("slices");
            new TreeMap<>(outcome.slices()).forEach(slices::put);
            var values = one.putObject("values");
            new TreeMap<>(outcome.values()).forEach(values::put);
            var missing = one.putObject("missing");
            new TreeMap<>(outcome.missing()).forEach(missing::put);
        }
        return json;
    }

    static List<Examiner.Outcome> read(JsonObject file) {
        return file.requireObjects("outcomes").stream().map(OutcomeFile::outcome).toList();
    }

    private static Examiner.Outcome outcome(JsonObject one) {
        Map<String, String> slices = new HashMap<>();
        var ofSlices = one.requireObject("slices");
        ofSlices.names().forEach(name -> slices.put(name, ofSlices.requireString(name)));
        Map<String, Double> values = new HashMap<>();
        var ofValues = one.requireObject("values");
        ofValues.names().forEach(name -> values.put(name, ofValues.requireDouble(name)));
        Map<String, Integer> missing = new HashMap<>();
        var ofMissing = one.requireObject("missing");
        ofMissing.names().forEach(name -> missing.put(name, ofMissing.requireInt(name)));
        return new Examiner.Outcome(one.requireString("setting"), one.requireString("item"), slices, values, missing);
    }
}
