package dev.leeway.bench.contest;

import dev.leeway.bench.Shape;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Consumer;

/**
 * Starting weights and tokens that all contestants read: {@code weights.bin}, fp32 little endian, the tensors of {@link #tensors} end to
 * end; {@code tokens.bin}, int32.
 */
public final class Weights {

    /** File of the weights. */
    public static final String WEIGHTS = "weights.bin";
    /** File of the tokens. */
    public static final String TOKENS = "tokens.bin";

    private static final double DEVIATION = 0.02;

    private Weights() {
    }

    /** A tensor of the model: Hugging Face's name and shape. */
    public record Entry(String name, long... shape) {
        /** Its numbers. */
        public int count() {
            int count = 1;
            for (long n : shape) {
                count = Math.multiplyExact(count, (int) n);
            }
            return count;
        }
    }

    /** The tensors of a shape in the files' order. */
    public static List<Entry> tensors(Shape shape) {
        int hidden = shape.hidden();
        int keys = shape.kvHeads() * shape.headDim();
        var all = new ArrayList<Entry>();
        all.add(new Entry("model.embed_tokens.weight", shape.vocabulary(), hidden));
        for (int i = 0; i < shape.layers(); i++) {
            var layer = "model.layers." + i + ".";
            all.add(new Entry(layer + "input_layernorm.weight", hidden));
            all.add(new Entry(layer + "self_attn.q_proj.weight", hidden, hidden));
            all.add(new Entry(layer + "self_attn.k_proj.weight", keys, hidden));
            all.add(new Entry(layer + "self_attn.v_proj.weight", keys, hidden));
            all.add(new Entry(layer + "self_attn.o_proj.weight", hidden, hidden));
            all.add(new Entry(layer + "post_attention_layernorm.weight", hidden));
            all.add(new Entry(layer + "mlp.gate_proj.weight", shape.intermediate(), hidden));
            all.add(new Entry(layer + "mlp.up_proj.weight", shape.intermediate(), hidden));
            all.add(new Entry(layer + "mlp.down_proj.weight", hidden, shape.intermediate()));
        }
        all.add(new Entry("model.norm.weight", hidden));
        return all;
    }

    /**
     * Writes both files, the tokens of {@code rows} sequences; uniform weights with deviation 0.02, norms 1. Queries and keys are
     * {@code sharpness} times as wide: at 1 attention is so even that a wrong rotation would hardly show.
     */
    public static void write(Shape shape, int rows, int length, double sharpness, Path folder) throws IOException {
        Files.createDirectories(folder);
        var random = new SplittableRandom(7);
        try (var file = FileChannel.open(folder.resolve(WEIGHTS), StandardOpenOption.CREATE, StandardOpenOption.WRITE,
                StandardOpenOption.TRUNCATE_EXISTING)) {
            for (var entry : tensors(shape)) {
                var bytes = ByteBuffer.allocate(4 * entry.count()).order(ByteOrder.LITTLE_ENDIAN);
                boolean attends = entry.name().contains("q_proj") || entry.name().contains("k_proj");
                double bound = DEVIATION * Math.sqrt(3) * (attends ? sharpness : 1);
                for (int i = 0; i < entry.count(); i++) {
                    bytes.putFloat(entry.shape().length == 1 ? 1 : (float) random.nextDouble(-bound, bound));
                }
                bytes.flip();
                while (bytes.hasRemaining()) {
                    file.write(bytes);
                }
            }
        }
        var tokens = ByteBuffer.allocate(4 * rows * length).order(ByteOrder.LITTLE_ENDIAN);
        random.ints((long) rows * length, 0, shape.vocabulary()).forEach(tokens::putInt);
        Files.write(folder.resolve(TOKENS), tokens.array());
    }

    /** A tensor with its numbers. */
    public record Values(Entry entry, float[] numbers) {
    }

    /** Reads the weights, one tensor at a time. */
    public static void read(Shape shape, Path folder, Consumer<Values> consumer) throws IOException {
        try (var file = FileChannel.open(folder.resolve(WEIGHTS))) {
            for (var entry : tensors(shape)) {
                var bytes = ByteBuffer.allocate(4 * entry.count()).order(ByteOrder.LITTLE_ENDIAN);
                while (bytes.hasRemaining() && file.read(bytes) >= 0) {
                    continue;
                }
                var numbers = new float[entry.count()];
                bytes.flip().asFloatBuffer().get(numbers);
                consumer.accept(new Values(entry, numbers));
            }
        }
    }

    /** Reads the tokens as sequences. */
    public static List<int[]> sequences(Path folder, int length) throws IOException {
        var bytes = ByteBuffer.wrap(Files.readAllBytes(folder.resolve(TOKENS))).order(ByteOrder.LITTLE_ENDIAN);
        var all = new ArrayList<int[]>();
        while (bytes.hasRemaining()) {
            var sequence = new int[length];
            for (int t = 0; t < length; t++) {
                sequence[t] = bytes.getInt();
            }
            all.add(sequence);
        }
        return all;
    }
}
