package dev.leeway.eval.qa;

import dev.leeway.eval.Card;
import dev.leeway.eval.Csv;
import dev.leeway.eval.DataFolder;
import dev.leeway.eval.Entry;
import dev.leeway.eval.Options;
import dev.leeway.eval.Source;
import dev.leeway.eval.TextHash;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** {@code truthfulqa}: 817 questions that people get wrong (Lin, Hilton and Evans 2022), answered in the model's own words. */
final class TruthfulQa {

    private static final String FILE = "truthfulqa/TruthfulQA.csv";
    private static final Source SOURCE = new Source("Apache-2.0", "Lin, Hilton and Evans 2022, TruthfulQA", Optional.empty(), List.of(FILE),
        "get TruthfulQA.csv of github.com/sylinrl/TruthfulQA and put it into a folder truthfulqa");
    private static final Card CARD = new Card("truthfulqa", 1, "Questions that people get wrong, in the model's own words", SOURCE,
        new Card.Measure(Marking.CORRECT, Card.Kind.BINARY), Card.Better.HIGHER, 1);

    private TruthfulQa() {
    }

    static Entry entry() {
        return new Entry(CARD, FreeAnswers.options(StudyItems.OPTION), TruthfulQa::load);
    }

    private static FreeAnswers load(DataFolder data, Options options) {
        var asked = FreeAnswers.Asked.load(data, options, Form.QUESTION);
        var items = StudyItems.load(data, SOURCE, options, "truthfulqa", StudyItems::item).orElseGet(() ->
            read(Csv.records(data.file(SOURCE, FILE)), asked.statements().seed()));
        return FreeAnswers.of(CARD, items, asked, options, Marking.of(options, false, Rule.IS_CLOSER));
    }

    private static List<QaItem> read(List<Csv.Record> rows, long seed) {
        var items = new ArrayList<QaItem>();
        for (var row : rows) {
            var question = QaRow.required(row, "Question");
            var id = TextHash.id(items.size() + 1, question);
            var best = QaRow.required(row, "Best Answer");
            var right = Stream.concat(Stream.of(best), QaRow.list(row.place(), "Correct Answers", row.text("Correct Answers")).stream());
            var wrong = QaRow.list(row.place(), "Incorrect Answers", row.text("Incorrect Answers"));
            items.add(QaItem.of(id, question, right.distinct().toList(), QaRow.drawnFirst(wrong, seed, id),
                Map.of("category", QaRow.required(row, "Category"), "type", QaRow.required(row, "Type"))));
        }
        return items;
    }
}
