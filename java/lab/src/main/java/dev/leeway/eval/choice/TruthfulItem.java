package dev.leeway.eval.choice;

import dev.leeway.LeewayException;
import dev.leeway.data.JsonRow;
import dev.leeway.eval.Item;
import dev.leeway.eval.TextHash;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.SequencedMap;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A question of TruthfulQA with given answers.
 *
 * @param id row and hash of the question: the data has none
 * @param question as it is asked
 * @param single answers of which one is true, by text
 * @param several answers of which one or more are true, by text
 */
public record TruthfulItem(String id, String question, SequencedMap<String, Boolean> single, SequencedMap<String, Boolean> several)
        implements Item {

    /**
     * All answers, each once, in an order drawn by the question: the file has the true ones first, which would tell a rule that takes the
     * first option what is true. No model's score depends on it.
     */
    List<String> answers() {
        var all = new LinkedHashSet<>(single.sequencedKeySet());
        all.addAll(several.sequencedKeySet());
        return TextHash.shuffled(List.copyOf(all), question);
    }

    /** Reads a row. */
    static TruthfulItem of(JsonRow row, int number) {
        var question = row.fields().path("question");
        if (!question.isString() || question.stringValue().isBlank()) {
            throw LeewayException.data("%s has no question; expected the columns question, mc1_targets and mc2_targets", row.place());
        }
        var single = targets(row, "mc1_targets");
        if (single.values().stream().filter(isTrue -> isTrue).count() != 1) {
            throw LeewayException.data("%s: mc1_targets has %d true answers; expected one", row.place(),
                single.values().stream().filter(isTrue -> isTrue).count());
        }
        return new TruthfulItem(TextHash.id(number, question.stringValue()), question.stringValue(), single, targets(row, "mc2_targets"));
    }

    private static SequencedMap<String, Boolean> targets(JsonRow row, String column) {
        if (!(row.fields().path(column) instanceof ObjectNode object)) {
            throw LeewayException.data("%s has no %s; expected an object of answers, each with 1 (true) or 0", row.place(), column);
        }
        var targets = new LinkedHashMap<String, Boolean>();
        object.forEachEntry((answer, label) -> targets.put(answer, isTrue(row, column, label)));
        if (!targets.containsValue(true) || !targets.containsValue(false)) {
            throw LeewayException.data("%s: %s needs a true and a false answer; it has %d answers of one kind", row.place(), column,
                targets.size());
        }
        return targets;
    }

    private static boolean isTrue(JsonRow row, String column, JsonNode label) {
        if (!label.isIntegralNumber() || label.asInt() < 0 || label.asInt() > 1) {
            throw LeewayException.data("%s: %s labels an answer %s; expected 1 (true) or 0", row.place(), column, label);
        }
        return label.asInt() == 1;
    }
}
