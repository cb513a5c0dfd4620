package dev.leeway.cli.verify;

import dev.leeway.io.JsonObject;
import dev.leeway.model.Batch;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;

/** The right-padded token batch of a case ({@code input_ids}, {@code attention_mask}, {@code labels}), and the same packed. */
record Inputs(List<int[]> rows, Batch batch, int width) {

    static Inputs read(JsonObject json) {
        return read(json, "");
    }

    /** The same under names that begin with {@code prefix}. */
    static Inputs read(JsonObject json, String prefix) {
        var ids = json.require(prefix + "input_ids");
        var attention = json.require(prefix + "attention_mask");
        var labels = json.optional(prefix + "labels");
        var rows = new ArrayList<int[]>();
        var sequences = new ArrayList<Batch.Sequence>();
        for (int b = 0; b < ids.size(); b++) {
            int length = sum(attention.get(b));
            var tokens = ints(ids.get(b), length);
            rows.add(tokens);
            sequences.add(labels.isPresent() ? labelled(tokens, ints(labels.get().get(b), length), b)
                : Batch.Sequence.allTrained(tokens, b));
        }
        return new Inputs(rows, Batch.of(sequences), ids.get(0).size());
    }

    /** A sequence whose label −100 means: not trained. */
    static Batch.Sequence labelled(int[] tokens, int[] labels, long unitId) {
        var trained = new boolean[tokens.length];
        for (int t = 1; t < tokens.length; t++) {
            trained[t] = labels[t] >= 0;
        }
        return new Batch.Sequence(tokens, trained, unitId);
    }

    /** The values of a padded (B, T, width) array at the real tokens, in packed order. */
    double[] packed(double[] padded, int perToken) {
        var values = new double[batch.rows() * perToken];
        int at = 0;
        for (int b = 0; b < rows.size(); b++) {
            int count = rows.get(b).length * perToken;
            System.arraycopy(padded, b * width * perToken, values, at, count);
            at += count;
        }
        return values;
    }

    static int[] ints(JsonNode array, int length) {
        var values = new int[length];
        for (int i = 0; i < length; i++) {
            values[i] = array.get(i).intValue();
        }
        return values;
    }

    static int[] ints(JsonNode array) {
        return ints(array, array.size());
    }

    static double[] doubles(JsonNode array) {
        var values = new double[array.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = array.get(i).doubleValue();
        }
        return values;
    }

    static float[] floats(JsonNode array) {
        var values = new float[array.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) array.get(i).doubleValue();
        }
        return values;
    }

    private static int sum(JsonNode array) {
        int sum = 0;
        for (var element : array) {
            sum += element.intValue();
        }
        return sum;
    }
}
