package dev.leeway.study.toy;

import dev.leeway.LeewayException;
import dev.leeway.data.Conversation;
import dev.leeway.data.toy.Edition;
import dev.leeway.data.toy.Manner;
import dev.leeway.data.toy.Replies;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * The generators {@code replies:MANNER} and {@code replies:on_request}. The first have the settings {@code beliefs} (none, corrected)
 * and {@code truth} (always, half).
 */
final class ToyReplies {

    private static final String BELIEFS = "beliefs";
    private static final String TRUTH = "truth";

    private ToyReplies() {
    }

    static List<Conversation> of(String generator, Edition edition, int count, Map<String, String> settings) {
        var kind = generator.substring(generator.indexOf(':') + 1);
        if (kind.equals("on_request")) {
            settings.keySet().stream().filter(List.of(BELIEFS, TRUTH)::contains).findFirst().ifPresent(name -> {
                throw LeewayException.usage("%s has no setting %s", generator, name);
            });
            return Replies.onRequest(edition, count);
        }
        return new Replies(named(generator, Manner.values(), kind),
            named(BELIEFS, Replies.Beliefs.values(), settings.getOrDefault(BELIEFS, "none")),
            named(TRUTH, Replies.Truth.values(), settings.getOrDefault(TRUTH, "always"))).of(edition, count);
    }

    /** The settings that other generators have too. */
    static Map<String, String> others(Map<String, String> settings) {
        var others = new LinkedHashMap<>(settings);
        others.keySet().removeAll(List.of(BELIEFS, TRUTH));
        return others;
    }

    private static <T extends Enum<T>> T named(String what, T[] values, String name) {
        return Arrays.stream(values).filter(value -> value.name().toLowerCase(Locale.ROOT).equals(name)).findFirst().orElseThrow(() ->
            LeewayException.usage("%s must be one of %s; got '%s'", what, Arrays.stream(values).map(value -> value.name()
                .toLowerCase(Locale.ROOT)).collect(Collectors.joining(", ")), name));
    }
}
