package dev.leeway.eval.rule;

import dev.leeway.LeewayException;
import dev.leeway.eval.Item;
import dev.leeway.eval.Prompt;
import dev.leeway.eval.Setting.EvaluationPrompt;
import dev.leeway.eval.Turn;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * Rows with a prompt and what is right: {@code prompt} (a text, or messages) or {@code messages}, and {@code answer} or {@code completion}
 * (a text, or one message), or the last of the messages. Beside them may stand {@code options}, of which the answer is one or its place
 * from 0, and {@code id}.
 */
public final class ExactRows {

    static final List<String> PARTS = List.of("prompt", "messages", "answer", "completion", "options", "id");

    private ExactRows() {
    }

    /**
     * A row.
     *
     * @param id the data's own, or the row's number and a hash
     * @param prompt as it was written: a text is continued as it stands, messages go through the model's template
     * @param answer what is right; one of the options where there are any
     * @param options continuations, or none
     */
    public record ExactItem(String id, Prompt prompt, String answer, List<String> options) implements Item {

        /** Takes a copy. */
        public ExactItem {
            options = List.copyOf(options);
        }

        /** With what a run puts around it: a text has no system turn, so that stands above it, an empty line between. */
        Prompt prompt(EvaluationPrompt around) {
            return switch (prompt) {
                case Prompt.Chat chat -> around.around(chat.turns());
                case Prompt.Text plain -> new Prompt.Text(around.system().filter(text -> !text.isEmpty()).map(text -> text + "\n\n")
                    .orElse("") + around.prefix() + plain.text() + around.suffix());
            };
        }
    }

    static List<ExactItem> read(Path file, Map<String, String> columns) {
        return Fields.read(file, columns, ExactRows::item, ExactItem::id);
    }

    private static ExactItem item(Fields row, int number) {
        var part = row.requireFirst(List.of("prompt", "messages"));
        boolean isText = part.equals("prompt") && !row.isList(part);
        var turns = isText ? List.<Turn>of() : row.turns(part);
        var prompt = isText ? new Prompt.Text(row.text(part)) : new Prompt.Chat(Prompts.asked(row, turns));
        var options = row.has("options") ? row.texts("options") : List.<String>of();
        var answer = answer(row, turns);
        return new ExactItem(row.id(number, part), prompt, options.isEmpty() ? answer : option(row, options, answer), options);
    }

    private static String answer(Fields row, List<Turn> turns) {
        var part = row.first(List.of("answer", "completion"));
        if (part.isEmpty() && !turns.isEmpty() && turns.getLast().role().equals("assistant")) {
            return turns.getLast().content();
        }
        var named = part.orElseGet(() -> row.requireFirst(List.of("answer", "completion")));
        return row.isList(named) ? row.turns(named).getLast().content() : row.text(named);
    }

    /** The option that the answer is: the same text, or else at that place. */
    private static String option(Fields row, List<String> options, String answer) {
        var same = options.stream().filter(option -> option.strip().equals(answer.strip())).toList();
        if (same.size() == 1) {
            return same.getFirst();
        }
        if (same.isEmpty() && answer.matches("[0-9]{1,4}") && Integer.parseInt(answer) < options.size()) {
            return options.get(Integer.parseInt(answer));
        }
        throw LeewayException.data("%s: the answer '%s' must be one of the %d options, or its place from 0", row.row().place(), answer,
            options.size());
    }
}
