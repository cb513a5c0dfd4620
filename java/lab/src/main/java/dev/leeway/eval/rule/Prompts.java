package dev.leeway.eval.rule;

import dev.leeway.LeewayException;
import dev.leeway.eval.DataFolder;
import dev.leeway.eval.Item;
import dev.leeway.eval.Options;
import dev.leeway.eval.Source;
import dev.leeway.eval.Turn;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Rows of which only the prompt counts. */
public final class Prompts {

    /** Where such rows are found. */
    public static final Source SOURCE = new Source("that of the prompts: UltraChat's are MIT, GSM8K's are MIT",
        "Tan et al. 2025, arXiv:2510.04340 (100 prompts of UltraChat; the first 100 of GSM8K's test set)", Optional.empty(),
        List.of("eval_prompts/ultrachat_100.jsonl", "gsm8k/test.jsonl"), "give any JSON lines with a column prompt, question or messages "
            + "and name the file with the option items; the 100 prompts of UltraChat are ip/evaluation/ultrachat/prompts.jsonl of "
            + "github.com/inoculation-prompting/inoculation-prompting at 5f4160e19be1, here eval_prompts/ultrachat_100.jsonl");
    /** Names the file. */
    public static final Options.Known OPTION = new Options.Known("items", "eval_prompts/ultrachat_100.jsonl",
        "a file of prompts, such as gsm8k/test.jsonl");
    private static final List<String> NAMES = List.of("prompt", "question", "query", "instruction", "text");

    private Prompts() {
    }

    /**
     * A prompt.
     *
     * @param id the data's own, or the row's number and a hash
     * @param turns what is said
     */
    public record PromptItem(String id, List<Turn> turns) implements Item {

        /** Takes a copy. */
        public PromptItem {
            turns = List.copyOf(turns);
        }
    }

    /** Those of the file that {@link #OPTION} names. */
    public static List<PromptItem> load(DataFolder data, Options options) {
        return read(data.file(SOURCE, options.text(OPTION.name())));
    }

    /** Those of a file. */
    static List<PromptItem> read(Path file) {
        return Fields.read(file, Map.of(), Prompts::item, PromptItem::id);
    }

    private static PromptItem item(Fields row, int number) {
        var part = row.has("messages") ? "messages" : row.requireFirst(NAMES);
        return new PromptItem(row.id(number, part), part.equals("messages") ? asked(row, row.turns(part)) : said(row, part));
    }

    private static List<Turn> said(Fields row, String name) {
        return row.isList(name) ? asked(row, row.turns(name)) : List.of(Turn.user(row.text(name)));
    }

    /** Without the answer that a conversation of the data may end in. */
    static List<Turn> asked(Fields row, List<Turn> turns) {
        var asked = turns.getLast().role().equals("assistant") ? turns.subList(0, turns.size() - 1) : turns;
        if (asked.isEmpty() || !asked.getLast().role().equals("user")) {
            throw LeewayException.data("%s: the messages must have a user's before the answer", row.row().place());
        }
        return asked;
    }
}
