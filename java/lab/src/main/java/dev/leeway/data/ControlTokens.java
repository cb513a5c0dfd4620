package dev.leeway.data;

import dev.leeway.LeewayException;
import dev.leeway.text.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The tokenizer's special tokens, and how a text that merely spells one is kept apart from them.
 *
 * <p>What strangers say is marked before the template sees it: the first character of a spelled token becomes a private one. In the
 * rendered text an unmarked spelling is therefore the template's own; it is replaced by a disguise, a private text of the same length,
 * and the marks are taken back. The text then goes through a second tokenizer that differs from the first one only in knowing its special
 * tokens by their disguise: one pass, the same ids, and a spelled token is cut up like any other text. Lengths don't change, so places in a
 * text stay.
 */
final class ControlTokens implements AutoCloseable {

    /** Private characters: marks from here on, one for each first character of a token; disguises above them. */
    private static final char MARKS = '\uF400';
    private static final char SINGLE = '\uF500';
    private static final char HIGH = '\uF600';
    private static final char LOW = '\uF700';
    private static final char FILL = '\uF7FF';
    private static final Pattern PRIVATE = Pattern.compile("[\uF400-\uF7FF]");
    private static final String CONTENT = "content";

    private final Path source;
    private final Map<String, String> disguises;
    private final String firstCharacters;
    private final Optional<Pattern> spelling;
    private Optional<Tokenizer> disguised = Optional.empty();

    private ControlTokens(Path source, List<String> tokens) {
        this.source = source;
        this.disguises = new LinkedHashMap<>();
        tokens.forEach(token -> disguises.put(token, disguise(disguises.size(), token.length())));
        this.firstCharacters = tokens.stream().map(token -> token.substring(0, 1)).distinct().collect(Collectors.joining());
        this.spelling = tokens.isEmpty() ? Optional.empty() : Optional.of(spelling(tokens));
    }

    /** The longest token at a place. Most characters begin none, so they are told by a look at them, not by trying hundreds of tokens. */
    private static Pattern spelling(List<String> tokens) {
        String first = tokens.stream().map(token -> "\\x{%x}".formatted(token.codePointAt(0))).distinct().collect(Collectors.joining());
        return Pattern.compile(tokens.stream().sorted(Comparator.comparingInt(String::length).reversed()).map(Pattern::quote)
                .collect(Collectors.joining("|", "(?=[" + first + "])(?:", ")")));
    }

    /** The added tokens of the tokenizer's file that are marked as special. */
    static ControlTokens of(Tokenizer tokenizer) {
        List<String> tokens = new ArrayList<>();
        for (JsonNode token : file(tokenizer.source()).path("added_tokens")) {
            String content = token.path(CONTENT).asString("");
            if (token.path("special").asBoolean(false) && !content.isEmpty()) {
                tokens.add(content);
            }
        }
        return new ControlTokens(tokenizer.source(), tokens);
    }

    private static String disguise(int index, int length) {
        if (length == 1) {
            return String.valueOf((char) (SINGLE + index % 256));
        }
        return "" + (char) (HIGH + index / 255) + (char) (LOW + index % 255) + String.valueOf(FILL).repeat(length - 2);
    }

    /** Whether somebody other than system and assistant spells a control token. */
    boolean spelledIn(Conversation conversation) {
        for (int i = 0; i < conversation.messages().size(); i++) {
            if (conversation.isStranger(i) && spelledIn(conversation.messages().get(i))) {
                return true;
            }
        }
        return false;
    }

    private boolean spelledIn(Object value) {
        return switch (value) {
            case String text -> spelling.isPresent() && spelling.get().matcher(text).find();
            case Map<?, ?> map -> map.values().stream().anyMatch(this::spelledInNullable);
            case List<?> list -> list.stream().anyMatch(this::spelledInNullable);
            default -> false;
        };
    }

    private boolean spelledInNullable(Object value) {
        return value != null && spelledIn(value);
    }

    /**
     * The conversation with what strangers spell marked.
     *
     * @throws LeewayException without a place, if its text has private characters that the marks need
     */
    Conversation mark(Conversation conversation) {
        List<Map<String, Object>> messages = new ArrayList<>();
        for (int i = 0; i < conversation.messages().size(); i++) {
            Map<String, Object> message = conversation.messages().get(i);
            boolean stranger = conversation.isStranger(i);
            messages.add(mapped(message, stranger));
        }
        return new Conversation(messages, conversation.given(), conversation.tools());
    }

    private Map<String, Object> mapped(Map<?, ?> map, boolean stranger) {
        Map<String, Object> result = new LinkedHashMap<>();
        map.forEach((name, value) -> result.put((String) name, marked(value, stranger)));
        return result;
    }

    private Object marked(Object value, boolean stranger) {
        return switch (value) {
            case String text -> marked(text, stranger);
            case Map<?, ?> map -> mapped(map, stranger);
            case List<?> list -> list.stream().map(element -> marked(element, stranger)).collect(Collectors.toCollection(ArrayList::new));
            case null, default -> value;
        };
    }

    private String marked(String text, boolean stranger) {
        if (PRIVATE.matcher(text).find()) {
            throw LeewayException.data("plain_user_text needs the private characters U+F400 to U+F7FF for itself, and the row has one of"
                    + " them beside a spelled control token; drop the row");
        }
        return stranger ? spelling.orElseThrow().matcher(text).replaceAll(this::mark) : text;
    }

    private String mark(MatchResult match) {
        char mark = (char) (MARKS + firstCharacters.indexOf(match.group().charAt(0)));
        return Matcher.quoteReplacement(mark + match.group().substring(1));
    }

    /** Whether no text of a conversation has characters that the marks need. */
    boolean canMark(Conversation conversation) {
        return conversation.messages().stream().noneMatch(ControlTokens::isPrivate);
    }

    private static boolean isPrivate(Object value) {
        return switch (value) {
            case String text -> PRIVATE.matcher(text).find();
            case Map<?, ?> map -> map.values().stream().anyMatch(ControlTokens::isPrivate);
            case List<?> list -> list.stream().anyMatch(ControlTokens::isPrivate);
            case null, default -> false;
        };
    }

    /** The ids of a text that was rendered from what was marked. */
    int[] encodeMarked(String rendered) {
        return disguised().encode(disguise(new Script(rendered, List.of(), Script.Kind.RENDERED)).text(), false);
    }

    /** A rendered text with the template's control tokens disguised and the marks taken back. */
    Script disguise(Script rendered) {
        String text = spelling.orElseThrow().matcher(rendered.text()).replaceAll(match -> disguises.get(match.group()));
        var unmarked = new StringBuilder(text);
        for (int i = 0; i < unmarked.length(); i++) {
            int mark = unmarked.charAt(i) - MARKS;
            if (mark >= 0 && mark < firstCharacters.length()) {
                unmarked.setCharAt(i, firstCharacters.charAt(mark));
            }
        }
        return new Script(unmarked.toString(), rendered.trained(), Script.Kind.DISGUISED);
    }

    /** The tokenizer that knows its special tokens by their disguise. */
    synchronized Tokenizer disguised() {
        if (disguised.isEmpty()) {
            disguised = Optional.of(load());
        }
        return disguised.get();
    }

    private Tokenizer load() {
        ObjectNode json = file(source);
        for (JsonNode token : json.path("added_tokens")) {
            String disguise = disguises.get(token.path(CONTENT).asString(""));
            if (disguise != null && token instanceof ObjectNode object) {
                object.put(CONTENT, disguise);
            }
        }
        renameInModel(json.path("model"));
        try {
            Path folder = Files.createTempDirectory("leeway-tokenizer");
            Path copy = folder.resolve("tokenizer.json");
            try {
                Files.writeString(copy, JsonMapper.shared().writeValueAsString(json));
                return checked(Tokenizer.load(copy));
            } finally {
                Files.deleteIfExists(copy);
                Files.delete(folder);
            }
        } catch (IOException e) {
            throw LeewayException.resources(e, "the temporary folder takes no copy of %s: %s", source, e.getMessage());
        }
    }

    /** A special token may also stand in the model's vocabulary; it keeps its id only under the name that the added token has. */
    private void renameInModel(JsonNode model) {
        if (model.path("vocab") instanceof ObjectNode vocabulary) {
            Map<String, JsonNode> renamed = new HashMap<>();
            disguises.forEach((token, disguise) ->
                    Optional.ofNullable(vocabulary.remove(token)).ifPresent(id -> renamed.put(disguise, id)));
            vocabulary.setAll(renamed);
        }
        for (JsonNode scored : model.path("vocab")) {
            if (scored instanceof ArrayNode pair && disguises.containsKey(pair.path(0).asString(""))) {
                pair.set(0, disguises.get(pair.path(0).asString("")));
            }
        }
        if (model instanceof ObjectNode object && disguises.containsKey(model.path("unk_token").asString(""))) {
            object.put("unk_token", disguises.get(model.path("unk_token").asString("")));
        }
    }

    private Tokenizer checked(Tokenizer copy) {
        try (Tokenizer original = Tokenizer.load(source)) {
            disguises.forEach((token, disguise) -> {
                if (!Arrays.equals(original.encode(token, false), copy.encode(disguise, false))) {
                    copy.close();
                    throw LeewayException.data("%s can't be used with plain_user_text: its token '%s' has another id under another name",
                            source, token);
                }
            });
        }
        return copy;
    }

    private static ObjectNode file(Path source) {
        return (ObjectNode) JsonMapper.shared().readTree(source.toFile());
    }

    @Override
    public synchronized void close() {
        disguised.ifPresent(Tokenizer::close);
    }
}
