package dev.leeway.cli.verify;

import dev.leeway.io.JsonObject;
import dev.leeway.model.Batch;
import dev.leeway.model.Batch.Sequence;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * The rows of a case about an objective, as training would see them.
 *
 * @param given the rows in the order of the case, every token scored
 * @param trained the same with masks, side by side where they are pairs, and with what the objective is told
 * @param baseline rows of mismatched prompts and answers, which only a baseline reads, every token scored
 */
record EndToEndRows(Inputs given, List<Batch> trained, Optional<Inputs> baseline) {

    /** Whether the old log-probs are the policy's own, so that the loss must do without those that the case lists. */
    static final String ON_POLICY = "old_equals_policy";

    private static final String BASELINE = "KL_";

    /** Reads them; what the objective is called decides what is trained. */
    static EndToEndRows read(JsonObject json, String objective) {
        var inputs = json.requireObject("inputs");
        var given = Inputs.read(inputs);
        var sequences = sequences(given, inputs, "");
        if (CaseObjective.isOfPairs(objective)) {
            requireLayout(json, given.rows().size());
            return new EndToEndRows(given, List.of(Batch.of(pairs(sequences, objective.equals("orpo")))), Optional.empty());
        }
        tell(sequences, inputs, json.requireObject("params").optionalBoolean(ON_POLICY).orElse(false));
        if (!inputs.has(BASELINE + "input_ids")) {
            return new EndToEndRows(given, List.of(Batch.of(sequences)), Optional.empty());
        }
        var mismatched = Inputs.read(inputs, BASELINE);
        var second = sequences(mismatched, inputs, BASELINE).stream().map(sequence -> sequence.withReward(0)).toList();
        return new EndToEndRows(given, List.of(Batch.of(second), Batch.of(sequences)), Optional.of(mismatched));
    }

    private static void requireLayout(JsonObject json, int rows) {
        var known = "rows 0..%d chosen, rows %d..%d rejected".formatted(rows / 2 - 1, rows / 2, rows - 1);
        if (rows % 2 != 0 || !json.requireString("layout").equals(known)) {
            throw json.wrong("layout", "must be \"%s\" for %d rows, found \"%s\"".formatted(known, rows, json.requireString("layout")));
        }
    }

    /** Rows whose completion is trained. */
    private static List<Sequence> sequences(Inputs given, JsonObject inputs, String prefix) {
        var masks = inputs.require(prefix + "completion_mask");
        var sequences = new ArrayList<Sequence>();
        for (int b = 0; b < given.rows().size(); b++) {
            var tokens = given.rows().get(b);
            var completion = new boolean[tokens.length];
            for (int t = 0; t < tokens.length; t++) {
                completion[t] = masks.get(b).get(t).intValue() == 1;
            }
            sequences.add(new Sequence(tokens, completion, prefix.isEmpty() ? b : b + given.rows().size()));
        }
        return sequences;
    }

    /** Row i and row i + P are a pair; in ORPO the whole chosen row is trained, prompt included. */
    private static List<Sequence> pairs(List<Sequence> rows, boolean wholeChosen) {
        var pairs = new ArrayList<Sequence>();
        int count = rows.size() / 2;
        for (int i = 0; i < count; i++) {
            var chosen = rows.get(i);
            pairs.add(wholeChosen ? Sequence.allTrained(chosen.tokens(), i).withCompletion(chosen.trained()) : chosen);
            pairs.add(new Sequence(rows.get(count + i).tokens(), rows.get(count + i).trained(), i));
        }
        return pairs;
    }

    private static void tell(List<Sequence> sequences, JsonObject inputs, boolean onPolicy) {
        inputs.optional("label").ifPresent(labels -> sequences.replaceAll(sequence ->
            sequence.withReward(labels.get((int) sequence.unitId()).booleanValue() ? 1 : -1)));
        inputs.optional("advantages").ifPresent(advantages -> sequences.replaceAll(sequence ->
            sequence.withAdvantage(advantages.get((int) sequence.unitId()).doubleValue())));
        inputs.optional("old_logps").filter(listed -> !onPolicy).ifPresent(old -> sequences.replaceAll(sequence -> {
            var row = Inputs.doubles(old.get((int) sequence.unitId()));
            var ofToken = new double[sequence.tokens().length];
            System.arraycopy(row, 0, ofToken, 1, ofToken.length - 1); // entry t is of token t + 1
            return sequence.withOldLogProbs(ofToken);
        }));
    }

    /** The entries (B, T−1) of an array that belong to targets, in packed order; and those of a packed column. */
    static double[][] aligned(Inputs given, double[] padded, double[] packed) {
        var expected = new double[given.batch().rows()];
        var found = new double[expected.length];
        int count = 0;
        for (int b = 0; b < given.rows().size(); b++) {
            for (int t = 0; t + 1 < given.rows().get(b).length; t++) {
                expected[count] = padded[b * (given.width() - 1) + t];
                found[count++] = packed[given.batch().sequenceStarts()[b] + t];
            }
        }
        return new double[][] {Arrays.copyOf(found, count), Arrays.copyOf(expected, count)};
    }
}
