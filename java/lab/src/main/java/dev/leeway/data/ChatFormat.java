package dev.leeway.data;

import dev.leeway.LeewayException;
import dev.leeway.text.template.ChatTemplate;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * How conversations become text and which of it is trained.
 *
 * @param source        the chat template's text
 * @param template      the same, parsed
 * @param variables     what the template sees beside the messages: {@code bos_token}, {@code enable_thinking}, …
 * @param trained       which turns are trained
 * @param plainUserText whether text of a user or tool that spells a control token stays text; otherwise it becomes the control token, as
 *                      with Hugging Face
 */
public record ChatFormat(String source, ChatTemplate template, Map<String, Object> variables, TrainedTurns trained,
        boolean plainUserText) {

    public ChatFormat {
        variables = Map.copyOf(variables);
    }

    /** A template with its variables; all assistant turns are trained, and user text is taken as it comes. */
    public static ChatFormat of(String source, Map<String, Object> variables) {
        return new ChatFormat(source, ChatTemplate.parse(source), variables, TrainedTurns.ASSISTANT, false);
    }

    /**
     * The format of a model folder: {@code chat_template.jinja}, or else {@code chat_template} in {@code tokenizer_config.json} (of
     * several named ones the default), with the special tokens that the config names as variables. Empty if the folder has no template.
     *
     * @throws LeewayException if a file is not what it should be
     */
    public static Optional<ChatFormat> ofModel(Path folder) {
        Path file = folder.resolve("chat_template.jinja");
        JsonNode config = config(folder.resolve("tokenizer_config.json"));
        Optional<String> source = Files.isRegularFile(file) ? Optional.of(text(file)) : configured(config.path("chat_template"));
        return source.map(text -> of(text, specialTokens(config)));
    }

    /** The same with other turns trained. */
    public ChatFormat withTrained(TrainedTurns turns) {
        return new ChatFormat(source, template, variables, turns, plainUserText);
    }

    /** The same with control tokens in the words of users and tools taken as text, or as control tokens. */
    public ChatFormat withPlainUserText(boolean plain) {
        return new ChatFormat(source, template, variables, trained, plain);
    }

    private static Optional<String> configured(JsonNode template) {
        if (template.isArray()) {
            return template.valueStream().filter(named -> named.path("name").asString("").equals("default"))
                    .map(named -> named.path("template").asString("")).findFirst();
        }
        return template.isString() ? Optional.of(template.stringValue()) : Optional.empty();
    }

    private static Map<String, Object> specialTokens(JsonNode config) {
        Map<String, Object> tokens = new LinkedHashMap<>();
        config.propertyStream().filter(field -> field.getKey().endsWith("_token")).forEach(field -> {
            JsonNode content = field.getValue().isObject() ? field.getValue().path("content") : field.getValue();
            if (content.isString()) {
                tokens.put(field.getKey(), content.stringValue());
            }
        });
        return tokens;
    }

    private static JsonNode config(Path file) {
        if (!Files.isRegularFile(file)) {
            return JsonMapper.shared().createObjectNode();
        }
        try {
            return JsonMapper.shared().readTree(text(file));
        } catch (JacksonException e) {
            throw LeewayException.data(e, "%s is not JSON: %s", file, e.getOriginalMessage());
        }
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw LeewayException.data(e, "%s cannot be read as UTF-8 text: %s", file, e.getMessage());
        }
    }
}
