package dev.leeway.eval;

import dev.leeway.LeewayException;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What a run sets of a benchmark: {@code --set em.aligned=30}.
 *
 * @param benchmark whose options they are, for messages
 * @param known those that there are
 * @param given values by name; each is known
 */
public record Options(String benchmark, List<Known> known, Map<String, String> given) {

    /**
     * An option of a benchmark.
     *
     * @param name as it is written
     * @param standard its value where none is given
     * @param meaning in half a sentence
     */
    public record Known(String name, String standard, String meaning) {
    }

    /** Refuses names that there are not. */
    public Options {
        known = List.copyOf(known);
        given = Collections.unmodifiableSortedMap(new TreeMap<>(given));
        var names = known.stream().map(Known::name).toList();
        for (var name : given.keySet()) {
            if (!names.contains(name)) {
                throw LeewayException.usage("benchmark %s has no option %s; it has %s", benchmark, name,
                    names.isEmpty() ? "none" : String.join(", ", names));
            }
        }
    }

    /** An option's text, given or standard. */
    public String text(String name) {
        return Optional.ofNullable(given.get(name)).orElseGet(() -> known.stream().filter(option -> option.name().equals(name)).findFirst()
            .orElseThrow(() -> new IllegalArgumentException(benchmark + " declares no option " + name)).standard());
    }

    /** A number within a range. */
    public double number(String name, double least, double most) {
        var text = text(name);
        try {
            double number = Double.parseDouble(text);
            if (number >= least && number <= most) {
                return number;
            }
        } catch (NumberFormatException notOne) {
            // said below, as for one that is out of range
        }
        throw LeewayException.usage("%s.%s must be a number from %s to %s; got '%s'", benchmark, name, least, most, text);
    }

    /** A whole number within a range. */
    public int count(String name, int least, int most) {
        double number = number(name, least, most);
        if (number != Math.rint(number)) {
            throw LeewayException.usage("%s.%s must be a whole number; got '%s'", benchmark, name, text(name));
        }
        return (int) number;
    }

    /** One of a few words. */
    public String choice(String name, String... choices) {
        var text = text(name);
        if (!List.of(choices).contains(text)) {
            throw LeewayException.usage("%s.%s must be one of %s; got '%s'", benchmark, name, String.join(", ", choices), text);
        }
        return text;
    }
}
