package dev.leeway.objective;

import dev.leeway.LeewayException;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** Constants under the names that TRL's options have for them: their own in lower case. */
final class Options {

    private Options() {
    }

    static String label(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }

    static <E extends Enum<E>> E named(String option, String name, E[] values) {
        for (var value : values) {
            if (label(value).equals(name)) {
                return value;
            }
        }
        throw LeewayException.usage("%s %s is not known; %s exist", option, name,
            Arrays.stream(values).map(Options::label).collect(Collectors.joining(", ")));
    }
}
