package dev.leeway.bench.contest;

import dev.leeway.bench.Shape;
import dev.leeway.tensor.Bfloat16;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/**
 * The contest's weights as a GGUF file (version 3, little endian) for llama.cpp: matrices in bf16 or fp32, norms in fp32, no vocabulary.
 * llama.cpp rotates neighbouring elements of a head where Hugging Face rotates its halves, so rows of the query and key matrices change
 * places.
 */
final class Gguf {

    private static final int MAGIC = 0x46554747;
    private static final int ALIGNMENT = 32;
    private static final int UINT32 = 4;
    private static final int FLOAT32 = 6;
    private static final int STRING = 8;
    private static final int TYPE_F32 = 0;
    private static final int TYPE_BF16 = 30;

    private static final Map<String, String> NAMES = Map.of("input_layernorm", "attn_norm", "self_attn.q_proj", "attn_q",
        "self_attn.k_proj", "attn_k", "self_attn.v_proj", "attn_v", "self_attn.o_proj", "attn_output", "post_attention_layernorm",
        "ffn_norm", "mlp.gate_proj", "ffn_gate", "mlp.up_proj", "ffn_up", "mlp.down_proj", "ffn_down");

    private final Shape shape;
    private final boolean half;
    private final OutputStream out;
    private long written;

    private Gguf(Shape shape, boolean half, OutputStream out) {
        this.shape = shape;
        this.half = half;
        this.out = out;
    }

    static void write(Shape shape, boolean half, int positions, Path folder, Path file) throws IOException {
        try (var out = new BufferedOutputStream(Files.newOutputStream(file), 1 << 20)) {
            var gguf = new Gguf(shape, half, out);
            gguf.header(positions);
            gguf.tensorTable();
            Weights.read(shape, folder, gguf::data);
        }
    }

    private void header(int positions) throws IOException {
        u32(MAGIC);
        u32(3);
        u64(Weights.tensors(shape).size());
        u64(12);
        text("general.architecture", "llama");
        text("tokenizer.ggml.model", "no_vocab");
        number("general.alignment", ALIGNMENT);
        number("llama.context_length", positions);
        number("llama.embedding_length", shape.hidden());
        number("llama.block_count", shape.layers());
        number("llama.feed_forward_length", shape.intermediate());
        number("llama.attention.head_count", shape.heads());
        number("llama.attention.head_count_kv", shape.kvHeads());
        number("llama.rope.dimension_count", shape.headDim());
        number("llama.vocab_size", shape.vocabulary());
        string("llama.attention.layer_norm_rms_epsilon");
        u32(FLOAT32);
        u32(Float.floatToIntBits(1e-5f));
    }

    private void tensorTable() throws IOException {
        long offset = 0;
        for (var entry : Weights.tensors(shape)) {
            string(name(entry.name()));
            u32(entry.shape().length);
            for (int axis = entry.shape().length - 1; axis >= 0; axis--) {
                u64(entry.shape()[axis]);
            }
            u32(isHalf(entry) ? TYPE_BF16 : TYPE_F32);
            u64(offset);
            offset = aligned(offset + (isHalf(entry) ? 2L : 4L) * entry.count());
        }
        pad();
    }

    private boolean isHalf(Weights.Entry entry) {
        return half && entry.shape().length > 1;
    }

    private static String name(String name) {
        if (name.equals("model.embed_tokens.weight")) {
            return "token_embd.weight";
        }
        if (name.equals("model.norm.weight")) {
            return "output_norm.weight";
        }
        var parts = name.split("\\.", 4); // model, layers, i, module.weight
        return "blk." + parts[2] + "." + NAMES.get(parts[3].substring(0, parts[3].length() - ".weight".length())) + ".weight";
    }

    private void data(Weights.Values values) {
        var entry = values.entry();
        var numbers = entry.name().contains("q_proj") || entry.name().contains("k_proj") ? interleaved(values) : values.numbers();
        var bytes = ByteBuffer.allocate((isHalf(entry) ? 2 : 4) * numbers.length).order(ByteOrder.LITTLE_ENDIAN);
        for (float number : numbers) {
            if (isHalf(entry)) {
                bytes.putShort(Bfloat16.round(number));
            } else {
                bytes.putFloat(number);
            }
        }
        try {
            put(bytes.array());
            pad();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Row d of a head goes to 2d, row d + D/2 to 2d + 1. */
    private float[] interleaved(Weights.Values values) {
        int dim = shape.headDim();
        int width = (int) values.entry().shape()[1];
        var moved = new float[values.numbers().length];
        for (int row = 0; row < values.entry().shape()[0]; row++) {
            int d = row % dim;
            int target = row - d + (d < dim / 2 ? 2 * d : 2 * (d - dim / 2) + 1);
            System.arraycopy(values.numbers(), row * width, moved, target * width, width);
        }
        return moved;
    }

    private static long aligned(long offset) {
        return (offset + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    }

    private void pad() throws IOException {
        put(new byte[(int) (aligned(written) - written)]);
    }

    private void text(String key, String value) throws IOException {
        string(key);
        u32(STRING);
        string(value);
    }

    private void number(String key, int value) throws IOException {
        string(key);
        u32(UINT32);
        u32(value);
    }

    private void string(String text) throws IOException {
        u64(text.length());
        put(text.getBytes(StandardCharsets.US_ASCII));
    }

    private void u32(int value) throws IOException {
        put(ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(value).array());
    }

    private void u64(long value) throws IOException {
        put(ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(value).array());
    }

    private void put(byte[] bytes) throws IOException {
        out.write(bytes);
        written += bytes.length;
    }
}
