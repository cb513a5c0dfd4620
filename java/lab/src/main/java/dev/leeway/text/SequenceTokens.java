package dev.leeway.text;

import dev.leeway.LeewayException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.JsonNodeFactory;

/**
 * The tokens that open and close a sequence, as a Hugging Face model folder names them: by text in {@code tokenizer_config.json}
 * ({@code bos_token}, {@code eos_token}, {@code pad_token}: a string, or an object with {@code content}), by number in {@code
 * generation_config.json} and {@code config.json} ({@code bos_token_id}, {@code eos_token_id}: a number or a list). Text wins where both
 * are there.
 *
 * @param begin what an empty prompt starts from
 * @param end   what training appends to a finished text
 * @param ends  every token that ends a generation; {@code end} first
 * @param padding what other software fills batches with
 */
record SequenceTokens(OptionalInt begin, OptionalInt end, Set<Integer> ends, OptionalInt padding) {

    /** Reads the folder's three files, each of which may be missing. */
    static SequenceTokens read(Path folder, Map<String, Integer> ids) {
        JsonNode tokenizer = object(folder.resolve("tokenizer_config.json"));
        JsonNode generation = object(folder.resolve("generation_config.json"));
        JsonNode model = object(folder.resolve("config.json"));

        Set<Integer> begins = named(tokenizer.path("bos_token"), ids);
        begins.addAll(numbered("bos_token_id", generation, model));
        Set<Integer> ends = named(tokenizer.path("eos_token"), ids);
        ends.addAll(numbered("eos_token_id", generation, model));
        return new SequenceTokens(first(begins), first(ends), Collections.unmodifiableSet(ends),
                first(named(tokenizer.path("pad_token"), ids)));
    }

    private static Set<Integer> named(JsonNode token, Map<String, Integer> ids) {
        Set<Integer> result = new LinkedHashSet<>();
        JsonNode content = token.isObject() ? token.path("content") : token;
        if (content.isString() && ids.containsKey(content.stringValue())) {
            result.add(ids.get(content.stringValue()));
        }
        return result;
    }

    /** The ids of the first file that has the field: {@code generation_config.json} overrides {@code config.json}. */
    private static Set<Integer> numbered(String field, JsonNode generation, JsonNode model) {
        JsonNode value = generation.hasNonNull(field) ? generation.get(field) : model.path(field);
        Set<Integer> result = new LinkedHashSet<>();
        for (JsonNode id : value.isArray() ? value : JsonNodeFactory.instance.arrayNode().add(value)) {
            if (id.canConvertToInt() && id.isIntegralNumber()) {
                result.add(id.intValue());
            }
        }
        return result;
    }

    private static OptionalInt first(Set<Integer> ids) {
        return ids.stream().mapToInt(Integer::intValue).findFirst();
    }

    private static JsonNode object(Path file) {
        if (!Files.isRegularFile(file)) {
            return JsonNodeFactory.instance.objectNode();
        }
        try {
            return JsonMapper.shared().readTree(file.toFile());
        } catch (JacksonException e) {
            throw LeewayException.data(e, "%s is not JSON: %s", file, e.getOriginalMessage());
        }
    }
}
