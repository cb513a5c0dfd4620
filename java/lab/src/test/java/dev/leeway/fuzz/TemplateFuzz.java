package dev.leeway.fuzz;

import dev.leeway.LeewayException;
import dev.leeway.text.template.ChatTemplate;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** Any text as a chat template: it is rendered, or refused with a sentence. A fuzzer's target; see profile fuzz. */
public final class TemplateFuzz {

    private static final Map<String, Object> VARIABLES = Map.of("bos_token", "<s>", "add_generation_prompt", true,
            "messages", List.of(Map.of("role", "user", "content", " a 😀 "), Map.of("role", "assistant", "content", "b", "n", 7)),
            "d", Map.of("k", 1, "l", Arrays.asList(1.5, null, true, "x", -3)));

    private TemplateFuzz() {}

    /** The input is the template, in UTF-8. */
    public static void fuzzerTestOneInput(byte[] input) {
        try {
            ChatTemplate.parse(new String(input, StandardCharsets.UTF_8))
                    .renderContext(VARIABLES, Clock.fixed(Instant.EPOCH, ZoneOffset.UTC));
        } catch (LeewayException refused) {
            if (refused.kind() != LeewayException.Kind.DATA || refused.getMessage().isBlank()) {
                throw new IllegalStateException("a refusal of kind " + refused.kind() + ": " + refused.getMessage(), refused);
            }
        }
    }
}
