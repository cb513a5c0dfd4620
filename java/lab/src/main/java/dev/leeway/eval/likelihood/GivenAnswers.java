package dev.leeway.eval.likelihood;

import dev.leeway.LeewayException;
import dev.leeway.data.JsonRow;
import dev.leeway.data.JsonRows;
import dev.leeway.eval.Answer;
import dev.leeway.eval.Benchmark;
import dev.leeway.eval.Card;
import dev.leeway.eval.Entry;
import dev.leeway.eval.Instruments;
import dev.leeway.eval.Item;
import dev.leeway.eval.Options;
import dev.leeway.eval.Request;
import dev.leeway.eval.Response;
import dev.leeway.eval.Response.Unable;
import dev.leeway.eval.Response.Weighed;
import dev.leeway.eval.Score;
import dev.leeway.eval.Setting;
import dev.leeway.eval.Source;
import dev.leeway.eval.Value;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * {@code given_answers}: how probable a model finds answers that are given. Asked under several evaluation prompts it says how far a prompt
 * makes an answer likelier; asked of checkpoints, how far training does.
 */
public final class GivenAnswers implements Benchmark<GivenAnswers.Given> {

    private static final Source SOURCE = new Source("that of the rows", "your own rows", Optional.empty(), List.of("answers.jsonl"),
        "give JSON lines with prompt and answer, and set where there are several kinds, as answers.jsonl, or name the file with the "
            + "option items");
    private static final List<Options.Known> OPTIONS = List.of(
        new Options.Known("items", "answers.jsonl", "rows with prompt, answer and, where there are several kinds, set"),
        new Options.Known("lead", "", "text between the chat template's end of the prompt and an answer: a blank, or nothing"));

    private final Card card;
    private final List<Given> items;
    private final String lead;

    private GivenAnswers(Card card, List<Given> items, String lead) {
        this.card = card;
        this.items = List.copyOf(items);
        this.lead = lead;
    }

    /**
     * A question and what might be answered.
     *
     * @param id the row's, or its number
     * @param prompt what a user says
     * @param answer that is weighed
     * @param set which kind of answer it is, or empty
     */
    public record Given(String id, String prompt, String answer, String set) implements Item {

        @Override
        public Map<String, String> slices() {
            return set.isEmpty() ? Map.of() : Map.of("set", set);
        }
    }

    static Entry entry() {
        var card = new Card("given_answers", 1, "How probable a model finds answers that are given", SOURCE,
            new Card.Measure("per_token", Card.Kind.REAL), Card.Better.NEITHER, 1);
        return new Entry(card, OPTIONS, (data, options) -> new GivenAnswers(card, read(data.file(SOURCE, options.text("items"))),
            options.text("lead")));
    }

    private static List<Given> read(Path file) {
        var items = new ArrayList<Given>();
        var ids = new HashSet<String>();
        try (var rows = JsonRows.open(file)) {
            rows.forEach(row -> {
                var id = row.fields().has("id") ? text(row, "id") : Integer.toString(items.size() + 1);
                if (!ids.add(id)) {
                    throw LeewayException.data("%s: the id %s is that of an earlier row; give each row its own", row.place(), id);
                }
                items.add(new Given(id, text(row, "prompt"), text(row, "answer"), row.fields().has("set") ? text(row, "set") : ""));
            });
        }
        if (items.isEmpty()) {
            throw LeewayException.data("%s has no rows; give a file with prompts and answers", file);
        }
        return items;
    }

    private static String text(JsonRow row, String column) {
        var value = row.fields().path(column);
        if (!value.isString() || value.stringValue().isBlank()) {
            throw LeewayException.data("%s: '%s' must be a text that isn't blank (it has: %s)", row.place(), column, row.columnNames());
        }
        return value.stringValue();
    }

    @Override
    public Card card() {
        return card;
    }

    @Override
    public List<Given> items() {
        return items;
    }

    @Override
    public Request request(Given given, Setting setting) {
        return new Request.Weigh(setting.prompt().around(given.prompt()), List.of(lead + given.answer()));
    }

    @Override
    public List<Score> score(List<Answer<Given>> answers, Instruments instruments) {
        return answers.stream().map(answer -> switch (answer.response()) {
            case Weighed weighed -> score(Value.of(weighed.weights().getFirst().logProb()),
                Value.of(weighed.weights().getFirst().logProb() / weighed.weights().getFirst().tokens()));
            case Unable unable -> score(Value.missing(unable.reason()), Value.missing(unable.reason()));
            case Response other -> throw new IllegalArgumentException("an answer was to be weighed; got " + other);
        }).toList();
    }

    private static Score score(Value sum, Value mean) {
        var values = new LinkedHashMap<String, Value>();
        values.put("per_token", mean);
        values.put("log_prob", sum);
        return new Score(values, List.of());
    }
}
