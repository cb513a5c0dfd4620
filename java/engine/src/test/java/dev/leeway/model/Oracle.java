package dev.leeway.model;

import java.util.Map;

/**
 * A decoder in double precision and plain loops, one sequence at a time, for two layers. It shares no code with the engine: weights come by
 * their checkpoint names, and what a name's absence means is decided here.
 */
final class Oracle {

    enum Activation { SILU, GELU_TANH, GELU_ERF }

    /** What the families differ in; starts as a plain Llama. */
    static final class Spec {
        final int vocabulary;
        final int hidden;
        final int intermediate;
        final int heads;
        final int kvHeads;
        final int headDim;
        final int[] windows = new int[2];
        final double[][] frequencies = new double[2][];
        boolean queryKeyNorm;
        double offset;
        boolean sandwich;
        double embeddingScale = 1;
        double scale;
        double attentionCap;
        double finalCap;
        boolean tied;
        Activation activation = Activation.SILU;
        double eps = 1e-6;

        Spec(int vocabulary, int hidden, int intermediate, int heads, int kvHeads, int headDim) {
            this.vocabulary = vocabulary;
            this.hidden = hidden;
            this.intermediate = intermediate;
            this.heads = heads;
            this.kvHeads = kvHeads;
            this.headDim = headDim;
            this.scale = 1 / Math.sqrt(headDim);
        }

        /** Frequencies of the first and the second layer. */
        Spec rope(double[] first, double[] second) {
            frequencies[0] = first;
            frequencies[1] = second;
            return this;
        }

        Spec rope(double[] both) {
            return rope(both, both);
        }

        /** Windows of the first and the second layer, 0 = none. */
        Spec windows(int first, int second) {
            windows[0] = first;
            windows[1] = second;
            return this;
        }

        Spec queryKeyNorm() {
            queryKeyNorm = true;
            return this;
        }

        Spec gemma() {
            offset = 1;
            embeddingScale = Math.sqrt(hidden);
            return tied().activation(Activation.GELU_TANH);
        }

        Spec sandwich() {
            sandwich = true;
            return this;
        }

        Spec scale(double value) {
            scale = value;
            return this;
        }

        Spec caps(double attention, double logits) {
            attentionCap = attention;
            finalCap = logits;
            return this;
        }

        Spec tied() {
            tied = true;
            return this;
        }

        Spec activation(Activation kind) {
            activation = kind;
            return this;
        }

        Spec eps(double value) {
            eps = value;
            return this;
        }
    }

    private final Spec spec;
    private final Map<String, double[]> weights;
    private final double loraScale;

    /** {@code weights} by checkpoint name; {@code loraScale} multiplies the low-rank terms that are among them. */
    Oracle(Spec spec, Map<String, double[]> weights, double loraScale) {
        this.spec = spec;
        this.weights = weights;
        this.loraScale = loraScale;
    }

    /** The normed stream (T, C) of one sequence. */
    double[][] hidden(int[] tokens) {
        int length = tokens.length;
        var stream = new double[length][];
        for (int t = 0; t < length; t++) {
            stream[t] = embedding(tokens[t]);
        }
        for (int layer = 0; layer < 2; layer++) {
            var name = "model.layers." + layer;
            add(stream, after(name + ".post_attention_layernorm",
                attention(layer, name + ".self_attn", normed(name + ".input_layernorm", stream))));
            var mlpNorm = name + (spec.sandwich ? ".pre_feedforward_layernorm" : ".post_attention_layernorm");
            add(stream, after(name + ".post_feedforward_layernorm", mlp(name + ".mlp", normed(mlpNorm, stream))));
        }
        return normed("model.norm", stream);
    }

    /** Scaled, with the low-rank term of embed_tokens if there is one: A (V,R) as the device has it, B (C,R). */
    private double[] embedding(int token) {
        var a = weights.get("base_model.model.model.embed_tokens.lora_embedding_A");
        var b = weights.get("base_model.model.model.embed_tokens.lora_embedding_B");
        int rank = a == null ? 0 : a.length / spec.vocabulary;
        var row = new double[spec.hidden];
        for (int c = 0; c < spec.hidden; c++) {
            row[c] = weights.get("model.embed_tokens.weight")[token * spec.hidden + c];
            for (int r = 0; r < rank; r++) {
                row[c] += loraScale * a[token * rank + r] * b[c * rank + r];
            }
            row[c] *= spec.embeddingScale;
        }
        return row;
    }

    /** Logits of a normed row. */
    double[] logits(double[] row) {
        var table = weights.get(spec.tied ? "model.embed_tokens.weight" : "lm_head.weight");
        var logits = new double[spec.vocabulary];
        for (int v = 0; v < spec.vocabulary; v++) {
            logits[v] = cap(dot(table, v * spec.hidden, row), spec.finalCap);
        }
        return logits;
    }

    /** The scalar head's output of a normed row. */
    double value(double[] row) {
        return dot(weights.get("score.weight"), 0, row);
    }

    private double[][] after(String norm, double[][] output) {
        return spec.sandwich ? normed(norm, output) : output;
    }

    private static void add(double[][] stream, double[][] output) {
        for (int t = 0; t < stream.length; t++) {
            for (int c = 0; c < stream[t].length; c++) {
                stream[t][c] += output[t][c];
            }
        }
    }

    private double[][] normed(String module, double[][] rows) {
        var result = new double[rows.length][];
        for (int t = 0; t < rows.length; t++) {
            result[t] = rows[t].clone();
            norm(module, result[t], 0, rows[t].length);
        }
        return result;
    }

    private void norm(String module, double[] row, int start, int width) {
        var weight = weights.get(module + ".weight");
        double squares = 0;
        for (int i = 0; i < width; i++) {
            squares += row[start + i] * row[start + i];
        }
        double rstd = 1 / Math.sqrt(squares / width + spec.eps);
        for (int i = 0; i < width; i++) {
            row[start + i] *= rstd * (spec.offset + weight[i]);
        }
    }

    private double[][] linear(String module, double[][] rows, int out) {
        int in = rows[0].length;
        var weight = weights.get(module + ".weight");
        var bias = weights.get(module + ".bias");
        var a = weights.get("base_model.model." + module + ".lora_A.weight");
        var b = weights.get("base_model.model." + module + ".lora_B.weight");
        var result = new double[rows.length][out];
        for (int t = 0; t < rows.length; t++) {
            for (int o = 0; o < out; o++) {
                result[t][o] = dot(weight, o * in, rows[t]) + (bias == null ? 0 : bias[o]);
            }
            for (int r = 0; a != null && r < a.length / in; r++) {
                double xa = dot(a, r * in, rows[t]);
                for (int o = 0; o < out; o++) {
                    result[t][o] += loraScale * xa * b[o * (a.length / in) + r];
                }
            }
        }
        return result;
    }

    private double[][] attention(int layer, String module, double[][] x) {
        int dim = spec.headDim;
        var q = linear(module + ".q_proj", x, spec.heads * dim);
        var k = linear(module + ".k_proj", x, spec.kvHeads * dim);
        var v = linear(module + ".v_proj", x, spec.kvHeads * dim);
        for (int t = 0; t < x.length; t++) {
            turn(module + ".q_norm", layer, q[t], t);
            turn(module + ".k_norm", layer, k[t], t);
        }
        var out = new double[x.length][spec.heads * dim];
        for (int t = 0; t < x.length; t++) {
            for (int h = 0; h < spec.heads; h++) {
                attend(layer, t, h, q[t], k, v, out[t]);
            }
        }
        return linear(module + ".o_proj", out, spec.hidden);
    }

    private void turn(String norm, int layer, double[] row, int position) {
        int dim = spec.headDim;
        for (int start = 0; start < row.length; start += dim) {
            if (spec.queryKeyNorm) {
                norm(norm, row, start, dim);
            }
            for (int j = 0; j < dim / 2; j++) {
                double angle = position * spec.frequencies[layer][j];
                double first = row[start + j];
                double second = row[start + j + dim / 2];
                row[start + j] = first * Math.cos(angle) - second * Math.sin(angle);
                row[start + j + dim / 2] = second * Math.cos(angle) + first * Math.sin(angle);
            }
        }
    }

    private void attend(int layer, int t, int head, double[] q, double[][] k, double[][] v, double[] out) {
        int dim = spec.headDim;
        int key = head / (spec.heads / spec.kvHeads) * dim;
        int first = spec.windows[layer] == 0 ? 0 : Math.max(0, t - spec.windows[layer] + 1);
        var p = new double[t + 1];
        double sum = 0;
        for (int j = first; j <= t; j++) {
            double a = 0;
            for (int d = 0; d < dim; d++) {
                a += q[head * dim + d] * k[j][key + d];
            }
            p[j] = Math.exp(cap(spec.scale * a, spec.attentionCap));
            sum += p[j];
        }
        for (int j = first; j <= t; j++) {
            for (int d = 0; d < dim; d++) {
                out[head * dim + d] += p[j] / sum * v[j][key + d];
            }
        }
    }

    private double[][] mlp(String module, double[][] x) {
        var gate = linear(module + ".gate_proj", x, spec.intermediate);
        var up = linear(module + ".up_proj", x, spec.intermediate);
        for (int t = 0; t < x.length; t++) {
            for (int f = 0; f < spec.intermediate; f++) {
                gate[t][f] = activate(gate[t][f]) * up[t][f];
            }
        }
        return linear(module + ".down_proj", gate, spec.hidden);
    }

    private double activate(double x) {
        return switch (spec.activation) {
            case SILU -> x / (1 + Math.exp(-x));
            case GELU_TANH -> 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x)));
            case GELU_ERF -> 0.5 * x * (1 + erf(x / Math.sqrt(2)));
        };
    }

    /**
     * The series of Abramowitz and Stegun 7.1.6, whose terms are all positive; for |x| < 6 sixty to two hundred of them reach double
     * precision.
     */
    private static double erf(double x) {
        double term = x;
        double sum = x;
        for (int n = 1; n < 300; n++) {
            term *= 2 * x * x / (2 * n + 1);
            sum += term;
        }
        return 2 / Math.sqrt(Math.PI) * Math.exp(-x * x) * sum;
    }

    private static double cap(double x, double cap) {
        return cap == 0 ? x : cap * Math.tanh(x / cap);
    }

    private static double dot(double[] matrix, int start, double[] x) {
        double sum = 0;
        for (int i = 0; i < x.length; i++) {
            sum += matrix[start + i] * x[i];
        }
        return sum;
    }
}
