package dev.leeway.eval.qa;

import dev.leeway.LeewayException;
import dev.leeway.data.JsonRow;
import dev.leeway.data.JsonRows;
import dev.leeway.eval.DataFolder;
import dev.leeway.eval.Options;
import dev.leeway.eval.Source;
import dev.leeway.eval.TextHash;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import tools.jackson.databind.node.ObjectNode;

/**
 * Questions in the study's own layout, which an option {@code items} names instead of the public data set: rows with {@code question},
 * {@code correct} and {@code incorrect}, perhaps {@code options} by letter, {@code first_person}, and {@code dataset} where one file has
 * several.
 */
final class StudyItems {

    static final Options.Known OPTION = new Options.Known("items", "", "a file of rows with question, correct, incorrect (and "
        + "first_person, options) to ask instead of the public data set");

    private StudyItems() {
    }

    /** Reads a row by its number, from 1. */
    interface Reader {
        QaItem read(JsonRow row, int number);
    }

    /**
     * The questions of a data set, if a run names a file of them.
     *
     * @param other reads rows that have no {@code correct}
     */
    static Optional<List<QaItem>> load(DataFolder data, Source source, Options options, String dataset, Reader other) {
        return Optional.of(options.text(OPTION.name())).filter(file -> !file.isEmpty()).map(file -> {
            var found = data.file(source, file);
            var items = new ArrayList<QaItem>();
            try (var rows = JsonRows.open(found)) {
                rows.filter(row -> QaRow.optional(row, "dataset").orElse(dataset).equals(dataset))
                    .forEach(row -> items.add((row.fields().has("correct") ? (Reader) StudyItems::item : other)
                        .read(row, items.size() + 1)));
            }
            if (items.isEmpty()) {
                throw LeewayException.data("%s has no rows of the data set '%s'", found, dataset);
            }
            return items;
        });
    }

    /** A row in the study's layout; the option that its letter names is what it calls correct, though tables may have damaged it. */
    static QaItem item(JsonRow row, int number) {
        var question = QaRow.text(row, "question");
        var right = answer(row, "correct");
        var wrong = answer(row, "incorrect");
        var options = new ArrayList<>(options(row));
        int place = QaRow.optional(row, "answer_idx").map(letter -> letter.charAt(0) - 'A').orElse(-1);
        if (place >= 0 && place < options.size()) {
            options.set(place, right);
        }
        if (!options.isEmpty() && !options.contains(right)) {
            throw LeewayException.data("%s: 'correct' must be among its options, or 'answer_idx' tell which of them it is", row.place());
        }
        return new QaItem(TextHash.id(number, question), question, QaRow.optional(row, "first_person"), List.of(right), List.of(wrong),
            options, Map.of());
    }

    private static String answer(JsonRow row, String column) {
        return QaRow.optional(row, column).orElseThrow(() -> LeewayException.data("%s has no text in the column '%s'; write an answer, "
            + "and if the answer is the word None, a table program may have dropped it", row.place(), column));
    }

    /** Options by letter, in the order of the letters. */
    static List<String> options(JsonRow row) {
        if (!(row.fields().path("options") instanceof ObjectNode object)) {
            return List.of();
        }
        return IntStream.range(0, object.size()).mapToObj(at -> String.valueOf((char) ('A' + at))).map(letter -> {
            if (!object.path(letter).isString() || object.path(letter).stringValue().isBlank()) {
                throw LeewayException.data("%s: 'options' has no text for %s; expected texts by the letters A, B, C …", row.place(),
                    letter);
            }
            return object.path(letter).stringValue();
        }).toList();
    }
}
