package dev.leeway.text.template;

import java.time.Clock;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a conversation is rendered with, besides its messages; the names are those of {@code apply_chat_template}.
 *
 * @param tools                JSON schemas of the functions that the model may call; absent is {@code none} in the template
 * @param documents            what the model may quote, each with title and text; absent is {@code none}
 * @param addGenerationPrompt  whether the text ends where the assistant is to begin
 * @param continueFinalMessage whether the text ends where the last message's content ends, so that the model goes on with it
 * @param variables            everything else that the template sees: {@code bos_token}, {@code eos_token}, {@code enable_thinking}, …
 * @param clock                the time, in its zone, that {@code strftime_now} shows
 */
public record RenderOptions(Optional<List<? extends Map<String, ?>>> tools, Optional<List<? extends Map<String, ?>>> documents,
        boolean addGenerationPrompt, boolean continueFinalMessage, Map<String, ?> variables, Clock clock) {

    /** No tools, no documents, nothing added, the system's clock. */
    public static final RenderOptions DEFAULT =
            new RenderOptions(Optional.empty(), Optional.empty(), false, false, Map.of(), Clock.systemDefaultZone());

    /** The same with tools. */
    public RenderOptions withTools(List<? extends Map<String, ?>> tools) {
        return new RenderOptions(Optional.of(tools), documents, addGenerationPrompt, continueFinalMessage, variables, clock);
    }

    /** The same with documents. */
    public RenderOptions withDocuments(List<? extends Map<String, ?>> documents) {
        return new RenderOptions(tools, Optional.of(documents), addGenerationPrompt, continueFinalMessage, variables, clock);
    }

    /** The same with or without the beginning of the assistant's turn. */
    public RenderOptions withGenerationPrompt(boolean added) {
        return new RenderOptions(tools, documents, added, continueFinalMessage, variables, clock);
    }

    /** The same, ending inside or after the last message. */
    public RenderOptions withFinalMessageContinued(boolean continued) {
        return new RenderOptions(tools, documents, addGenerationPrompt, continued, variables, clock);
    }

    /** The same with further variables; of two with one name the later counts. */
    public RenderOptions withVariables(Map<String, ?> further) {
        Map<String, Object> all = new LinkedHashMap<>(variables);
        all.putAll(further);
        return new RenderOptions(tools, documents, addGenerationPrompt, continueFinalMessage, all, clock);
    }

    /** The same with another clock. */
    public RenderOptions withClock(Clock clock) {
        return new RenderOptions(tools, documents, addGenerationPrompt, continueFinalMessage, variables, clock);
    }
}
