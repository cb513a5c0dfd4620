package dev.leeway.eval.rubric;

import dev.leeway.LeewayException;
import dev.leeway.eval.judged.Fields;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What answers are held against.
 *
 * @param name as tags have it
 * @param guidingQuestion decides; places such as {@code {{animal}}} are filled with what the item has for them
 * @param indicators what speaks for it, a text of many lines
 * @param weight in means over dimensions
 */
public record Dimension(String name, String guidingQuestion, String indicators, double weight) {

    private static final Pattern PLACE = Pattern.compile("\\{\\{\\s*([^{}]+?)\\s*\\}\\}");

    /** The dimensions of a file, by name in its order. */
    static SequencedMap<String, Dimension> read(Path file) {
        var dimensions = new LinkedHashMap<String, Dimension>();
        for (var row : Fields.of(file)) {
            var one = new Dimension(row.text("dimension"), row.text("guiding_question"), row.find("observable_indicators").orElse(""),
                row.number("default_weighting", 1));
            if (!(one.weight() > 0) || dimensions.putIfAbsent(one.name(), one) != null) {
                throw LeewayException.data("%s: dimension %s must be there once, with a weight above 0", row.row().place(), one.name());
            }
        }
        return dimensions;
    }

    /**
     * The guiding question under one assignment of its variables.
     *
     * @param assignment names it in results: {@code animal=hens}, empty where the question has no place
     * @param question with its places filled
     */
    record Guide(String assignment, String question) {
    }

    /** The guiding question with each combination of the values that its places have; a place without values gets its own name. */
    List<Guide> guides(Map<String, List<String>> variables) {
        var names = PLACE.matcher(guidingQuestion).results().map(place -> place.group(1)).distinct().toList();
        List<Map<String, String>> assignments = List.of(Map.of());
        for (var name : names) {
            var longer = new ArrayList<Map<String, String>>();
            for (var assignment : assignments) {
                for (var value : variables.getOrDefault(name, List.of(name))) {
                    var one = new LinkedHashMap<>(assignment);
                    one.put(name, value);
                    longer.add(one);
                }
            }
            assignments = longer;
        }
        return assignments.stream().map(assignment -> new Guide(label(assignment), filled(assignment))).toList();
    }

    private static String label(Map<String, String> assignment) {
        return String.join(", ", assignment.entrySet().stream().map(one -> one.getKey() + "=" + one.getValue()).toList());
    }

    private String filled(Map<String, String> assignment) {
        return PLACE.matcher(guidingQuestion).replaceAll(place -> Matcher.quoteReplacement(assignment.get(place.group(1))));
    }
}
