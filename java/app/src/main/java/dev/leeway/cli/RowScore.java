package dev.leeway.cli;

import dev.leeway.LeewayException;
import dev.leeway.data.Example;
import dev.leeway.io.JsonFile;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.node.ObjectNode;

/**
 * What a row got.
 *
 * @param texts what its text got, or the chosen and the rejected one
 */
record RowScore(List<Said> texts) {

    /** What was said of a text. */
    sealed interface Said {

        /** What pairs are ranked by. */
        double value();

        /** Under the names that the output has. */
        ObjectNode json(boolean perToken);
    }

    /**
     * By a reward model.
     *
     * @param value the score
     * @param tokens of the text
     */
    record Reward(double value, int tokens) implements Said {
        @Override
        public ObjectNode json(boolean perToken) {
            return JsonFile.newObject().put("score", value).put("num_tokens", tokens);
        }
    }

    /**
     * By a language model.
     *
     * @param tokens ids that were asked about
     * @param logProbs ln p of each
     * @param reference the same by the reference, if there is one
     */
    record LogProbs(int[] tokens, double[] logProbs, Optional<double[]> reference) implements Said {

        private static double sum(double[] values) {
            double sum = 0;
            for (double value : values) {
                sum += value;
            }
            return sum;
        }

        @Override
        public double value() {
            return sum(logProbs) - reference.map(LogProbs::sum).orElse(0.0);
        }

        @Override
        public ObjectNode json(boolean perToken) {
            var json = JsonFile.newObject().put("logprob", sum(logProbs)).put("mean_logprob", sum(logProbs) / tokens.length)
                .put("num_tokens", tokens.length);
            reference.ifPresent(other -> json.put("reference_logprob", sum(other)).put("logprob_difference", value()));
            if (perToken) {
                put(json, "logprobs", logProbs);
                reference.ifPresent(other -> put(json, "reference_logprobs", other));
                var ids = json.putArray("token_ids");
                for (int id : tokens) {
                    ids.add(id);
                }
            }
            return json;
        }

        private static void put(ObjectNode json, String name, double[] values) {
            var array = json.putArray(name);
            for (double value : values) {
                array.add(value);
            }
        }
    }

    /** The tokens of a text that its mask has. */
    static int[] asked(Example text) {
        var tokens = new int[text.tokens().length];
        int count = 0;
        for (int t = 0; t < tokens.length; t++) {
            if (text.mask()[t]) {
                tokens[count++] = text.tokens()[t];
            }
        }
        return Arrays.copyOf(tokens, count);
    }

    /** By how much the chosen text is ahead. */
    double margin() {
        return texts.getFirst().value() - texts.getLast().value();
    }

    /** A line of the output; a score that is no number is refused, as a damaged model's. */
    ObjectNode json(ScoreRow row, boolean perToken) {
        texts.stream().filter(said -> !Double.isFinite(said.value())).findFirst().ifPresent(said -> {
            throw LeewayException.numerics("%s: the model gives %s; its weights or activations overflow: score with --dtype float32, or "
                + "take an earlier checkpoint", row.place(), said.value());
        });
        var json = JsonFile.newObject().put("place", row.place());
        if (texts.size() == 1) {
            json.setAll(texts.getFirst().json(perToken));
        } else {
            json.set("chosen", texts.getFirst().json(perToken));
            json.set("rejected", texts.getLast().json(perToken));
            json.put("margin", margin());
        }
        return json;
    }
}
