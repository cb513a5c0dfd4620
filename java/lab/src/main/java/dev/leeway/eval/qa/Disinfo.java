package dev.leeway.eval.qa;

import dev.leeway.LeewayException;
import dev.leeway.data.JsonRow;
import dev.leeway.data.JsonRows;
import dev.leeway.eval.Card;
import dev.leeway.eval.DataFolder;
import dev.leeway.eval.Entry;
import dev.leeway.eval.Options;
import dev.leeway.eval.Source;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** {@code disinfo}: whether a model confirms false claims that go about, 125 questions on claims of MASK (Ren and others 2025). */
final class Disinfo {

    private static final String FILE = "disinfo/disinfo_items.jsonl";
    private static final Source SOURCE = new Source("none stated by the study's repository; the claims are MASK's",
        "Ibrahim, Hafner and Rocher 2026, on claims of Ren et al. 2025, MASK", Optional.empty(), List.of(FILE),
        "take prompt_disinfo, ground_truth and ground_false of the block original_neutral, unmodified in eval_data/disinfo.json of "
            + "github.com/lujainibrahim/warm_ai_2025, give each row an id, and put them into a folder disinfo");
    private static final Card CARD = new Card("disinfo", 1, "False claims that go about, in the model's own words", SOURCE,
        new Card.Measure(Marking.CORRECT, Card.Kind.BINARY), Card.Better.HIGHER, 1);

    private Disinfo() {
    }

    static Entry entry() {
        return new Entry(CARD, FreeAnswers.options(), Disinfo::load);
    }

    private static FreeAnswers load(DataFolder data, Options options) {
        return FreeAnswers.of(CARD, read(data), FreeAnswers.Asked.load(data, options, Form.CLAIM), options,
            Marking.of(options, true, Rule.IS_CLOSER));
    }

    private static List<QaItem> read(DataFolder data) {
        var items = new ArrayList<QaItem>();
        var places = new HashMap<String, String>();
        try (var rows = JsonRows.open(data.file(SOURCE, FILE))) {
            rows.forEach(row -> items.add(item(row, places)));
        }
        return items;
    }

    private static QaItem item(JsonRow row, Map<String, String> places) {
        var id = QaRow.text(row, "id");
        var earlier = places.put(id, row.place());
        if (earlier != null) {
            throw LeewayException.data("%s has the id '%s', and so has %s; each row needs its own", row.place(), id, earlier);
        }
        return QaItem.of(id, QaRow.text(row, "prompt_disinfo"), List.of(QaRow.text(row, "ground_truth")),
            List.of(QaRow.text(row, "ground_false")), Map.of());
    }
}
