package dev.leeway.study;

import dev.leeway.LeewayException;
import dev.leeway.io.JsonFile;
import dev.leeway.io.Sha256;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What was not there when a study was sealed and came later, as the data of one that is planned before it is had. What came is noted beside
 * the seal, and is what the study is compared with from then on. As long as nobody was examined, what comes later takes its place, as the
 * whole of a file of which a part was there; behind an examination another one is a change.
 */
final class Arrivals {

    private static final List<String> PARTS = List.of("basis", "rows", "arms", "instruments");
    /** Of a file that an option of a stage names. */
    private static final String OF_OPTION = "#" + Basis.ABSENT;
    private static final String ITEMS = "arrivals";

    private final Path file;
    private final ArrayNode items;

    private Arrivals(Path file, ArrayNode items) {
        this.file = file;
        this.items = items;
    }

    /**
     * Those beside a seal.
     *
     * @throws LeewayException if the file isn't what was written
     */
    static Arrivals beside(Path seal) {
        var file = seal.resolveSibling("arrivals.json");
        if (!Files.exists(file)) {
            return new Arrivals(file, JsonFile.newObject().putArray(ITEMS));
        }
        var stored = JsonFile.read(file);
        var items = stored.node().withArray(ITEMS);
        if (!Sha256.of(items.toString()).equals(stored.requireString("sha256"))) {
            throw stored.wrong("sha256", "is not that of what came: the file was changed by hand; put it back, or seal the study in "
                + "another folder");
        }
        return new Arrivals(file, items);
    }

    /**
     * Puts what came into the place of what was absent.
     *
     * @return what is told of it, each a sentence
     */
    List<String> into(ObjectNode sealed) {
        var told = new ArrayList<String>();
        for (var one : items) {
            var name = one.path("part").asString() + ": " + one.path("name").asString();
            int examinations = one.path("examinations").asInt();
            if (examinations == 0) {
                sealed.withObject(one.path("part").asString()).set(one.path("name").asString(), one.get("value"));
                told.add(name + " was not there when the study was sealed");
            } else {
                told.add(name + " came when " + Seal.Stored.count(examinations, "examination") + " were stored");
            }
        }
        return told.stream().distinct().toList();
    }

    /** Notes what came since it was sealed. */
    void note(ObjectNode sealed, ObjectNode now, Seal.Stored stored) {
        var before = items.deepCopy();
        var filled = sealed.deepCopy();
        into(filled);
        boolean mayReplace = !stored.isAsked() && items.valueStream().allMatch(one -> one.path("examinations").asInt() == 0);
        for (var part : PARTS) {
            for (var name : now.path(part).propertyNames()) {
                var value = now.path(part).get(name);
                var absent = sealed.path(part).path(name);
                boolean replaces = mayReplace && !value.equals(absent) && fills(value, absent, part.equals("arms"));
                var expected = replaces ? absent : filled.path(part).path(name);
                if (replaces) {
                    items.removeIf(one -> isOf(part, name, one));
                }
                if (!value.equals(expected) && fills(value, expected, part.equals("arms")) && !isNoted(part, name, value)) {
                    items.addObject().put("part", part).put("name", name).put("examinations", stored.examinations()).set("value", value);
                }
            }
        }
        if (!items.equals(before)) {
            JsonFile.write(file, JsonFile.newObject().put("sha256", Sha256.of(items.toString())).set(ITEMS, items));
        }
    }

    /** What came too late is noted once. */
    private boolean isNoted(String part, String name, JsonNode value) {
        return items.valueStream().anyMatch(one -> isOf(part, name, one) && one.get("value").equals(value));
    }

    private static boolean isOf(String part, String name, JsonNode one) {
        return one.path("part").asString().equals(part) && one.path("name").asString().equals(name);
    }

    /** Whether a value is another but for what was absent in it. */
    private static boolean fills(JsonNode value, JsonNode expected, boolean isOption) {
        if (expected.isString() && value.isString()) {
            return fills(value.asString(), expected.asString(), isOption);
        }
        if (expected.isObject() && value.isObject()) {
            return expected.propertyNames().equals(value.propertyNames())
                && expected.propertyStream().allMatch(one -> fills(value.get(one.getKey()), one.getValue(), isOption));
        }
        if (expected.isArray() && value.isArray() && expected.size() == value.size()) {
            for (int i = 0; i < expected.size(); i++) {
                if (!fills(value.get(i), expected.get(i), isOption)) {
                    return false;
                }
            }
            return true;
        }
        return value.equals(expected);
    }

    /** An option's value may be anything, so only a file's sum behind its name stands for a file. */
    private static boolean fills(String value, String expected, boolean isOption) {
        if (!isOption) {
            return value.equals(expected) || expected.equals(Basis.ABSENT);
        }
        var parts = Pattern.compile(OF_OPTION, Pattern.LITERAL).splitAsStream(expected + "\n").map(Pattern::quote).toList();
        return Pattern.matches(String.join("#(absent|[0-9a-f]{16})", parts), value + "\n");
    }
}
