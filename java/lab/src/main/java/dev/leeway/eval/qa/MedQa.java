package dev.leeway.eval.qa;

import dev.leeway.LeewayException;
import dev.leeway.data.JsonRow;
import dev.leeway.data.JsonRows;
import dev.leeway.eval.Benchmark;
import dev.leeway.eval.Card;
import dev.leeway.eval.DataFolder;
import dev.leeway.eval.Entry;
import dev.leeway.eval.Options;
import dev.leeway.eval.Source;
import dev.leeway.eval.choice.Asking;
import dev.leeway.eval.TextHash;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** {@code medqa}: vignettes of the US medical licensing examination (Jin and others 2021), answered without seeing the options. */
final class MedQa {

    private static final String FILE = "medqa/test.jsonl";
    private static final Source SOURCE = new Source("MIT", "Jin et al. 2021, MedQA (US test)", Optional.empty(), List.of(FILE),
        "get questions/US/4_options/phrases_no_exclude_test.jsonl of MedQA (github.com/jind11/MedQA) and put it as test.jsonl into a "
            + "folder medqa");
    private static final Card CARD = new Card("medqa", 1, "Medical vignettes, in the model's own words", SOURCE,
        new Card.Measure(Marking.CORRECT, Card.Kind.BINARY), Card.Better.HIGHER, 1);
    private static final Options.Known MODE = new Options.Known("mode", "generate", "generate: answers in the model's own words; "
        + "likelihood: how probable it finds each option, a proxy that needs no judge");
    private static final Options.Known RETOLD = new Options.Known("retold_only", "no", "yes: only vignettes that the data also tells "
        + "about a relative; no: others stay as they are in all contexts");

    private MedQa() {
    }

    static Entry entry() {
        return new Entry(CARD, FreeAnswers.options(StudyItems.OPTION, MODE, RETOLD, Asking.OPTION), MedQa::load);
    }

    private static Benchmark<QaItem> load(DataFolder data, Options options) {
        var asked = FreeAnswers.Asked.load(data, options, Form.VIGNETTE);
        long seed = asked.statements().seed();
        var all = StudyItems.load(data, SOURCE, options, "medqa", (row, number) -> item(row, number, seed))
            .orElseGet(() -> read(data, seed));
        var items = options.choice(RETOLD.name(), "yes", "no").equals("no") ? all
            : all.stream().filter(item -> item.retold().isPresent()).toList();
        if (items.isEmpty()) {
            throw LeewayException.usage("medqa.retold_only is yes, and no row has a column first_person; name a file that has with "
                + "medqa.items, or set it to no");
        }
        if (options.choice(MODE.name(), "generate", "likelihood").equals("likelihood")) {
            return MedQaOptions.of(CARD, FreeAnswers.distinct(items, options), asked, Asking.of(options));
        }
        return FreeAnswers.of(CARD, items, asked, options, Marking.of(options, false, Rule.NAMES_IT));
    }

    private static List<QaItem> read(DataFolder data, long seed) {
        var items = new ArrayList<QaItem>();
        try (var rows = JsonRows.open(data.file(SOURCE, FILE))) {
            rows.forEach(row -> items.add(item(row, items.size() + 1, seed)));
        }
        return items;
    }

    /** A row of four options, or of five that stand behind the question too; the answer's letter is its own column. */
    private static QaItem item(JsonRow row, int number, long seed) {
        var options = StudyItems.options(row);
        var letter = QaRow.optional(row, "answer_idx").orElseGet(() -> QaRow.text(row, "answer"));
        int right = letter.length() == 1 ? letter.charAt(0) - 'A' : -1;
        if (right < 0 || right >= options.size() || options.size() < 2) {
            throw LeewayException.data("%s has %d options and the answer '%s'; expected options by letter and the letter of one of them",
                row.place(), options.size(), letter);
        }
        var question = withoutOptions(QaRow.text(row, "question"), options);
        var id = TextHash.id(number, question);
        var wrong = IntStream.range(0, options.size()).filter(at -> at != right).mapToObj(options::get).toList();
        return new QaItem(id, question, QaRow.optional(row, "first_person"), List.of(options.get(right)),
            QaRow.drawnFirst(wrong, seed, id), options,
            QaRow.optional(row, "meta_info").map(step -> Map.of("step", step)).orElse(Map.of()));
    }

    private static String withoutOptions(String question, List<String> options) {
        var listed = IntStream.range(0, options.size()).mapToObj(at -> "\n" + (char) ('A' + at) + ") " + options.get(at))
            .collect(Collectors.joining());
        return question.endsWith(listed) ? question.substring(0, question.length() - listed.length()) : question;
    }
}
