package dev.leeway.train;

import dev.leeway.LeewayException;
import dev.leeway.io.CheckpointFile;
import dev.leeway.io.Safetensors;
import dev.leeway.io.StoredCheckpoint;
import dev.leeway.io.StoredTensor;
import dev.leeway.io.StoredType;
import dev.leeway.rollout.Completion;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.function.ToIntFunction;
import java.util.stream.IntStream;

/**
 * A rollout in a checkpoint, bit for bit: what belongs to the completions lies end to end, one array of each kind, with their lengths
 * beside it.
 */
final class RolloutFile {

    static final String NAME = "rollout.safetensors";

    private static final ValueLayout.OfInt I32 = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfDouble F64 = ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private RolloutFile() {
    }

    static CheckpointFile of(Rollout rollout) {
        var drawn = rollout.drawn();
        var lessons = rollout.lessons();
        return CheckpointFile.of(NAME, List.of(
            integers("number", IntStream.of(rollout.number())),
            integers("rows", drawn.stream().mapToInt(Drawn::row)),
            integers("finish", drawn.stream().mapToInt(one -> one.completion().finish().ordinal())),
            integers("trained", lessons.stream().mapToInt(lesson -> lesson.trained() ? 1 : 0)),
            lengths("prompt_lengths", drawn, one -> one.prompt().length),
            integers("prompts", drawn.stream().flatMapToInt(one -> Arrays.stream(one.prompt()))),
            lengths("completion_lengths", drawn, one -> one.completion().tokens().length),
            integers("completions", drawn.stream().flatMapToInt(one -> Arrays.stream(one.completion().tokens()))),
            doubles("log_probs", drawn, one -> widened(one.completion().logProbs())),
            doubles("entropies", drawn, one -> widened(one.completion().entropies())),
            doubles("advantages", lessons, Rollout.Lesson::advantages),
            lengths("value_lengths", lessons, lesson -> lesson.values().length),
            doubles("values", lessons, Rollout.Lesson::values),
            doubles("value_advantages", lessons, Rollout.Lesson::valueAdvantages)));
    }

    private static StoredTensor integers(String name, IntStream values) {
        var all = values.toArray();
        var data = MemorySegment.ofArray(new byte[Math.multiplyExact(all.length, Integer.BYTES)]);
        MemorySegment.copy(all, 0, data, I32, 0, all.length);
        return new StoredTensor(name, StoredType.I32, List.of((long) all.length), data);
    }

    private static <T> StoredTensor lengths(String name, List<T> items, ToIntFunction<T> length) {
        return integers(name, items.stream().mapToInt(length));
    }

    private static <T> StoredTensor doubles(String name, List<T> items, Function<T, double[]> values) {
        var all = items.stream().map(values).flatMapToDouble(Arrays::stream).toArray();
        var data = MemorySegment.ofArray(new byte[Math.multiplyExact(all.length, Double.BYTES)]);
        MemorySegment.copy(all, 0, data, F64, 0, all.length);
        return new StoredTensor(name, StoredType.F64, List.of((long) all.length), data);
    }

    /** A float is a double of fewer bits, so nothing is lost on the way there and back. */
    private static double[] widened(float[] values) {
        return IntStream.range(0, values.length).mapToDouble(i -> values[i]).toArray();
    }

    /** The rollout of a checkpoint. */
    static Rollout read(StoredCheckpoint checkpoint) {
        if (!checkpoint.has(NAME)) {
            throw LeewayException.data("%s has no %s, and its step is inside a rollout; a run of another kind wrote it",
                checkpoint.folder(), NAME);
        }
        try (var file = checkpoint.tensors(NAME)) {
            var columns = new Columns(file);
            int number = columns.number();
            var rows = columns.integers("rows");
            var drawn = new ArrayList<Drawn>(rows.length);
            var lessons = new ArrayList<Rollout.Lesson>(rows.length);
            for (int i = 0; i < rows.length; i++) {
                drawn.add(columns.drawn(i, rows[i]));
                lessons.add(columns.lesson(i));
            }
            return new Rollout(number, List.copyOf(drawn), List.copyOf(lessons));
        }
    }

    /** The arrays of a file, each read once and cut by its lengths. */
    private static final class Columns {
        private final Safetensors file;
        private final int[] finish;
        private final int[] trained;
        private final double[][] prompts;
        private final double[][] completions;
        private final double[][] logProbs;
        private final double[][] entropies;
        private final double[][] advantages;
        private final double[][] values;
        private final double[][] valueAdvantages;

        Columns(Safetensors file) {
            this.file = file;
            finish = below("finish", Completion.Finish.values().length);
            trained = below("trained", 2);
            prompts = cut("prompts", "prompt_lengths");
            completions = cut("completions", "completion_lengths");
            logProbs = cut("log_probs", "completion_lengths");
            entropies = cut("entropies", "completion_lengths");
            advantages = cut("advantages", "completion_lengths");
            values = cut("values", "value_lengths");
            valueAdvantages = cut("value_advantages", "value_lengths");
            int completionCount = below("rows", Integer.MAX_VALUE).length;
            for (var name : List.of("finish", "trained", "prompt_lengths", "completion_lengths", "value_lengths")) {
                if (integers(name).length != completionCount) {
                    throw LeewayException.data("%s: %s has %d entries, rows has %d; the file contradicts itself", file.file(), name,
                        integers(name).length, completionCount);
                }
            }
            below("prompts", Integer.MAX_VALUE);
            below("completions", Integer.MAX_VALUE);
        }

        /** The rollout's number. */
        int number() {
            var number = below("number", Integer.MAX_VALUE);
            if (number.length != 1) {
                throw LeewayException.data("%s: number has %d entries, 1 is expected; go on from another checkpoint", file.file(),
                    number.length);
            }
            return number[0];
        }

        /** Integers from 0 to below a bound. */
        private int[] below(String name, int bound) {
            var all = integers(name);
            for (int i = 0; i < all.length; i++) {
                if (all[i] < 0 || all[i] >= bound) {
                    throw LeewayException.data("%s: %s[%d] is %d; a number from 0 to %d is expected; go on from another checkpoint",
                        file.file(), name, i, all[i], bound - 1);
                }
            }
            return all;
        }

        int[] integers(String name) {
            return narrowed(file.require(name).toDoubles());
        }

        private double[][] cut(String name, String lengths) {
            var all = file.require(name).toDoubles();
            var counts = below(lengths, Integer.MAX_VALUE);
            if (Arrays.stream(counts).asLongStream().sum() != all.length) {
                throw LeewayException.data("%s: %s has %d entries, %s says %d; the file contradicts itself", file.file(), name, all.length,
                    lengths, Arrays.stream(counts).asLongStream().sum());
            }
            var parts = new double[counts.length][];
            int begin = 0;
            for (int i = 0; i < parts.length; i++) {
                parts[i] = Arrays.copyOfRange(all, begin, begin + counts[i]);
                begin += counts[i];
            }
            return parts;
        }

        Drawn drawn(int i, int row) {
            var completion = new Completion(narrowed(completions[i]), floats(logProbs[i]), floats(entropies[i]),
                Completion.Finish.values()[finish[i]]);
            return new Drawn(row, narrowed(prompts[i]), completion);
        }

        Rollout.Lesson lesson(int i) {
            return new Rollout.Lesson(trained[i] == 1, advantages[i], values[i], valueAdvantages[i]);
        }

        private static int[] narrowed(double[] values) {
            return Arrays.stream(values).mapToInt(value -> (int) value).toArray();
        }

        private static float[] floats(double[] values) {
            var narrow = new float[values.length];
            for (int i = 0; i < narrow.length; i++) {
                narrow[i] = (float) values[i];
            }
            return narrow;
        }
    }
}
