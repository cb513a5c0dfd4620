package dev.leeway.data;

import dev.leeway.LeewayException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/** One row as what it means. All parts of a row are text, or all of them are lists of messages. */
final class RowReader {

    private final JsonRow row;
    private final Columns columns;

    private RowReader(JsonRow row, Columns columns) {
        this.row = row;
        this.columns = columns;
    }

    /**
     * What a row of the format says.
     *
     * @throws LeewayException if a column is missing, is of another type, or leaves nothing to train
     */
    static Row read(JsonRow row, RowFormat format, Columns columns) {
        var reader = new RowReader(row, columns);
        return switch (format) {
            case MESSAGES -> reader.conversation(List.of(), reader.messages(JsonRow.MESSAGES));
            case PROMPT_COMPLETION -> reader.exchange(JsonRow.COMPLETION);
            case TEXT -> PromptCompletion.ofText(reader.nonEmpty(JsonRow.TEXT));
            case PREFERENCE -> reader.preference();
            case RANKED -> new Preference(reader.whole(JsonRow.CHOSEN), reader.whole(JsonRow.REJECTED),
                    row.number(JsonRow.MARGIN, columns));
            case LABELLED -> new Labelled(reader.exchange(JsonRow.COMPLETION), row.truth(JsonRow.LABEL, columns));
        };
    }

    private Exchange exchange(String answer) {
        if (row.isList(JsonRow.PROMPT, columns)) {
            return conversation(messages(JsonRow.PROMPT), messages(answer));
        }
        return new PromptCompletion(row.text(JsonRow.PROMPT, columns), nonEmpty(answer));
    }

    /** Where both answers are whole conversations and the prompt is text, the prompt only repeats how they begin (so does TRL read it). */
    private Preference preference() {
        if (hasPrompt()) {
            return new Preference(exchange(JsonRow.CHOSEN), exchange(JsonRow.REJECTED));
        }
        return row.isList(JsonRow.CHOSEN, columns) ? sharedMessages() : sharedText();
    }

    private boolean hasPrompt() {
        return row.hasValue(JsonRow.PROMPT, columns) && row.isList(JsonRow.PROMPT, columns) == row.isList(JsonRow.CHOSEN, columns);
    }

    /** Prompt and answer, which are judged as one, or the answer that holds its prompt. */
    private Exchange whole(String answer) {
        if (hasPrompt()) {
            return exchange(answer);
        }
        return row.isList(answer, columns) ? conversation(List.of(), messages(answer)) : PromptCompletion.ofText(nonEmpty(answer));
    }

    private Preference sharedMessages() {
        List<Map<String, Object>> chosen = messages(JsonRow.CHOSEN);
        List<Map<String, Object>> rejected = messages(JsonRow.REJECTED);
        int shared = 0;
        while (shared < Math.min(chosen.size(), rejected.size()) && chosen.get(shared).equals(rejected.get(shared))) {
            shared++;
        }
        requirePrompt(shared, Math.min(chosen.size(), rejected.size()), "messages");
        return new Preference(conversation(chosen.subList(0, shared), chosen.subList(shared, chosen.size())),
                conversation(rejected.subList(0, shared), rejected.subList(shared, rejected.size())));
    }

    /**
     * The prompt ends before the space that precedes the first difference, since tokens begin with their space. Where one text is how the
     * other begins, its last character is its answer, as with TRL.
     */
    private Preference sharedText() {
        String chosen = nonEmpty(JsonRow.CHOSEN);
        String rejected = nonEmpty(JsonRow.REJECTED);
        int shared = 0;
        while (shared < Math.min(chosen.length(), rejected.length()) && chosen.charAt(shared) == rejected.charAt(shared)) {
            shared++;
        }
        if (shared == Math.min(chosen.length(), rejected.length()) && chosen.length() != rejected.length()) {
            shared--;
        }
        if (shared > 0 && (chosen.charAt(shared - 1) == ' ' || Character.isHighSurrogate(chosen.charAt(shared - 1)))) {
            shared--;
        }
        requirePrompt(shared, Math.min(chosen.length(), rejected.length()), "characters");
        return new Preference(new PromptCompletion(chosen.substring(0, shared), chosen.substring(shared)),
                new PromptCompletion(rejected.substring(0, shared), rejected.substring(shared)));
    }

    private void requirePrompt(int shared, int shorter, String what) {
        if (shared == 0 || shared == shorter) {
            throw LeewayException.data("%s: '%s' and '%s' have their first %d %s in common and the shorter one has %d; without a column"
                    + " '%s' they must begin alike and end differently", row.place(), columns.source(JsonRow.CHOSEN),
                    columns.source(JsonRow.REJECTED), shared, what, shorter, columns.source(JsonRow.PROMPT));
        }
    }

    private Conversation conversation(List<Map<String, Object>> prompt, List<Map<String, Object>> answer) {
        List<Map<String, Object>> all = new ArrayList<>(prompt);
        all.addAll(answer);
        try {
            return new Conversation(all, prompt.size(), tools());
        } catch (LeewayException e) {
            throw LeewayException.data(e, "%s: %s", row.place(), e.getMessage());
        }
    }

    private List<Map<String, Object>> messages(String part) {
        if (!row.isList(part, columns)) {
            throw LeewayException.data("%s: '%s' must be a list of messages, each with role and content, found %s", row.place(),
                    columns.source(part), JsonRow.kind(row.value(part, columns)));
        }
        List<Map<String, Object>> messages = row.objects(part, columns);
        if (messages.isEmpty()) {
            throw LeewayException.data("%s: '%s' is an empty list; fill it or drop the row", row.place(), columns.source(part));
        }
        return messages;
    }

    /** The schemas as a list, or as a string that holds the list as JSON, as parquet files have it. */
    private List<Map<String, Object>> tools() {
        JsonNode value = row.fields().path(columns.source(JsonRow.TOOLS));
        if (!value.isString()) {
            return row.objects(JsonRow.TOOLS, columns);
        }
        JsonRow inner = new JsonRow(row.file(), row.line(), row.fields().objectNode()
                .set(JsonRow.TOOLS, JsonRows.value(row.file(), row.line(), value.stringValue())));
        return inner.objects(JsonRow.TOOLS, Columns.AS_NAMED);
    }

    private String nonEmpty(String part) {
        String text = row.text(part, columns);
        if (text.isEmpty()) {
            throw LeewayException.data("%s: '%s' is empty, so there is nothing to train on; fill it or drop the row", row.place(),
                    columns.source(part));
        }
        return text;
    }
}
