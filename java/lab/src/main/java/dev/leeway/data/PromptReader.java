package dev.leeway.data;

import dev.leeway.LeewayException;
import dev.leeway.text.Tokenizer;
import dev.leeway.text.template.RenderOptions;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;

/**
 * Reads prompts: a column {@code prompt} of text or messages, or {@code messages}, of which what the assistant says last is left out.
 * Messages become text by the model's chat template and end where the assistant is to begin.
 */
public final class PromptReader {

    /** One cut prompt in so many is accepted unasked. */
    private static final int CUT_ONE_IN = 100;

    /**
     * How to read.
     *
     * @param columns         which column is which part
     * @param parts           parts to keep beside the prompt, where a row has them
     * @param maxPromptLength {@code max_prompt_length}: of a longer prompt the last tokens stay, behind its begin-of-sequence
     * @param allowTruncation whether more than one prompt in a hundred may be cut
     * @param chat            how messages become text; without it they are refused
     * @param promptArm       what is said beside the prompts' own words, before the template; prompts are numbered as they come
     */
    public record Options(Columns columns, Set<String> parts, int maxPromptLength, boolean allowTruncation, Optional<ChatFormat> chat,
            PromptArm promptArm) {

        /** With prompts in their own words. */
        public Options(Columns columns, Set<String> parts, int maxPromptLength, boolean allowTruncation, Optional<ChatFormat> chat) {
            this(columns, parts, maxPromptLength, allowTruncation, chat, PromptArm.NONE);
        }

        /** The same under another arm of a study. */
        public Options withPromptArm(PromptArm arm) {
            return new Options(columns, parts, maxPromptLength, allowTruncation, chat, arm);
        }
    }

    private final Tokenizer tokenizer;
    private final Options options;
    private final List<PromptExample> rows = new ArrayList<>();
    private final List<String> cut = new ArrayList<>();
    private Optional<ControlTokens> controlTokens = Optional.empty();
    private int longest;

    private PromptReader(Tokenizer tokenizer, Options options) {
        this.tokenizer = tokenizer;
        this.options = options;
    }

    /**
     * Reads files one after the other, as {@link DatasetReader} does.
     *
     * @throws LeewayException if a row is not as it should be, if too many prompts would be cut, or if there are none
     */
    public static PromptSet read(List<Path> files, Tokenizer tokenizer, Options options) {
        var reader = new PromptReader(tokenizer, options);
        try {
            for (Path file : files) {
                try (Stream<JsonRow> all = JsonRows.open(file)) {
                    all.forEachOrdered(reader::take);
                }
            }
        } finally {
            reader.controlTokens.ifPresent(ControlTokens::close);
        }
        return reader.finished(files.stream().map(Path::toString).collect(Collectors.joining(", ")));
    }

    private void take(JsonRow row) {
        var columns = options.columns();
        if (row.hasValue(JsonRow.PROMPT, columns) && !row.isList(JsonRow.PROMPT, columns)) {
            String own = row.text(JsonRow.PROMPT, columns);
            String text = underTheArm(row, () -> options.promptArm().apply(own, rows.size()));
            add(row, tokenizer.encode(text, true), text, List.of());
            return;
        }
        List<Map<String, Object>> messages = row.hasValue(JsonRow.PROMPT, columns) ? row.objects(JsonRow.PROMPT, columns)
                : unanswered(row.objects(JsonRow.MESSAGES, columns));
        if (messages.isEmpty()) {
            throw LeewayException.data("%s has no prompt: expected a column '%s' of text or messages, or messages that a user says (it has:"
                    + " %s); name the one to read with --columns prompt=NAME", row.place(), columns.source(JsonRow.PROMPT),
                    row.columnNames());
        }
        List<Map<String, Object>> said = underTheArm(row, () -> options.promptArm().apply(messages, rows.size()));
        String text = rendered(row, said);
        add(row, tokens(row, said, text), text, said);
    }

    private static <T> T underTheArm(JsonRow row, Supplier<T> words) {
        try {
            return words.get();
        } catch (LeewayException e) {
            throw LeewayException.data(e, "%s: %s", row.place(), e.getMessage());
        }
    }

    /** With {@code plain_user_text} what a user or tool spells stays text, as where the same row is trained on. */
    private int[] tokens(JsonRow row, List<Map<String, Object>> messages, String text) {
        if (options.chat().filter(ChatFormat::plainUserText).isEmpty()) {
            return tokenizer.encode(text, false);
        }
        ControlTokens control = controlTokens.orElseGet(() -> ControlTokens.of(tokenizer));
        controlTokens = Optional.of(control);
        try {
            var said = new Conversation(messages, 0, List.of());
            return control.spelledIn(said) ? control.encodeMarked(rendered(row, control.mark(said).messages()))
                    : tokenizer.encode(text, false);
        } catch (LeewayException e) {
            throw LeewayException.data(e, "%s: %s", row.place(), e.getMessage());
        }
    }

    /** The messages before what the assistant says last. */
    private static List<Map<String, Object>> unanswered(List<Map<String, Object>> messages) {
        int end = messages.size();
        while (end > 0 && "assistant".equals(messages.get(end - 1).get("role"))) {
            end--;
        }
        return messages.subList(0, end);
    }

    private String rendered(JsonRow row, List<Map<String, Object>> messages) {
        ChatFormat format = options.chat().orElseThrow(() -> LeewayException.data("%s: it is a conversation, which needs a chat "
            + "template, and"
                + " the model has none (chat_template.jinja, or chat_template in tokenizer_config.json); add one, or give prompts of text",
                row.place()));
        RenderOptions render = RenderOptions.DEFAULT.withVariables(format.variables()).withGenerationPrompt(true);
        List<Map<String, Object>> tools = row.objects(JsonRow.TOOLS, options.columns());
        try {
            return format.template().render(messages, tools.isEmpty() ? render : render.withTools(tools)).text();
        } catch (LeewayException e) {
            throw LeewayException.data(e, "%s: %s", row.place(), e.getMessage());
        }
    }

    private void add(JsonRow row, int[] tokens, String text, List<Map<String, Object>> messages) {
        if (tokens.length == 0) {
            tokens = new int[] {tokenizer.beginOfSequence().orElseThrow(() -> LeewayException.data(
                    "%s has an empty prompt, and the tokenizer has no begin-of-sequence token to start from; drop the row", row.place()))};
        }
        longest = Math.max(longest, tokens.length);
        int[] kept = tokens;
        if (tokens.length > options.maxPromptLength()) {
            cut.add(row.place());
            kept = java.util.Arrays.copyOfRange(tokens, tokens.length - options.maxPromptLength(), tokens.length);
            var begin = tokenizer.beginOfSequence();
            if (begin.isPresent() && tokens[0] == begin.getAsInt()) {
                kept[0] = begin.getAsInt();
            }
        }
        rows.add(new PromptExample(kept, text, messages, parts(row)));
    }

    private Map<String, String> parts(JsonRow row) {
        var parts = new LinkedHashMap<String, String>();
        for (String part : options.parts()) {
            if (row.hasValue(part, options.columns())) {
                parts.put(part, text(row, part, row.value(part, options.columns())));
            }
        }
        return parts;
    }

    /** Text, a number or a truth value as it is written, or a list of them, one a line. */
    private String text(JsonRow row, String part, JsonNode value) {
        if (value.isArray()) {
            return value.valueStream().map(element -> text(row, part, element)).collect(Collectors.joining("\n"));
        }
        if (value.isObject() || value.isNull()) {
            throw LeewayException.data("%s: '%s' must be text, a number or a list of them, found %s", row.place(),
                    options.columns().source(part), JsonRow.kind(value));
        }
        return value.isString() ? value.stringValue() : value.toString();
    }

    private PromptSet finished(String files) {
        if (rows.isEmpty()) {
            throw LeewayException.data("%s has no rows", files);
        }
        if ((long) cut.size() * CUT_ONE_IN > rows.size() && !options.allowTruncation()) {
            throw LeewayException.usage("%,d of %,d prompts are longer than max_prompt_length %d, the longest with %,d tokens (first: %s);"
                            + " raise --max_prompt_length, or add --allow_truncation to keep only their last %d tokens", cut.size(),
                    rows.size(), options.maxPromptLength(), longest, cut.getFirst(), options.maxPromptLength());
        }
        return new PromptSet(rows, cut.size(), cut.stream().findFirst());
    }
}
