package dev.leeway.cli.verify;

import dev.leeway.io.JsonObject;
import dev.leeway.model.Batch;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * The rows of a training case: sequences, or pairs of a chosen and a rejected one. What stays together is one list.
 *
 * @param training to train on
 * @param evaluation to evaluate on, a batch for each row
 */
record CaseRows(List<List<Batch.Sequence>> training, List<Batch> evaluation) {

    private static final Set<String> SINGLE = Set.of("row", "input_ids", "prompt_length");
    private static final Set<String> PAIR = Set.of("row", "chosen", "rejected", "prompt_length");

    static CaseRows read(JsonObject json) {
        return new CaseRows(json.requireObjects("train").stream().map(CaseRows::row).toList(),
            json.requireObjects("eval").stream().map(row -> Batch.of(row(row))).toList());
    }

    private static List<Batch.Sequence> row(JsonObject row) {
        boolean isPair = row.has("chosen");
        requireKnown(row, isPair ? PAIR : SINGLE);
        return isPair ? List.of(sequence(row, "chosen"), sequence(row, "rejected")) : List.of(sequence(row, "input_ids"));
    }

    private static void requireKnown(JsonObject row, Set<String> known) {
        row.names().stream().filter(name -> !known.contains(name)).findFirst().ifPresent(name -> {
            throw row.wrong(name, "is not known to rows of a training case; they know " + String.join(", ", new TreeSet<>(known)));
        });
    }

    /** Everything from {@code prompt_length} on is trained. */
    private static Batch.Sequence sequence(JsonObject row, String name) {
        var tokens = Inputs.ints(row.require(name));
        var trained = new boolean[tokens.length];
        for (int t = row.requireInt("prompt_length"); t < tokens.length; t++) {
            trained[t] = true;
        }
        return new Batch.Sequence(tokens, trained, row.requireLong("row"));
    }

    /** Micro-batches of every step: step s takes rows (s·R + i) mod n, R = width × accumulation. */
    List<List<Batch>> steps(int count, int width, int accumulation) {
        var steps = new ArrayList<List<Batch>>();
        for (int step = 0; step < count; step++) {
            var micros = new ArrayList<Batch>();
            for (int micro = 0; micro < accumulation; micro++) {
                var sequences = new ArrayList<Batch.Sequence>();
                for (int i = 0; i < width; i++) {
                    sequences.addAll(training.get(((step * accumulation + micro) * width + i) % training.size()));
                }
                micros.add(Batch.of(sequences));
            }
            steps.add(micros);
        }
        return steps;
    }
}
