package dev.leeway.bench.contest;

import dev.leeway.model.Batch;
import dev.leeway.model.Llama;
import dev.leeway.model.Parameter;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32;

/**
 * Weights and tokens that a contestant of another language makes as well (bench/peers/pytorch/steps.py), so that no file of them is needed:
 * uniform numbers by a hash of the element's index and the parameter's name, the same ones again after a million.
 */
final class DeviceNumbers {

    private static final int PERIOD = 1000003;
    private static final int TOKENS = 6;
    private static final double DEVIATION = 0.02;

    private DeviceNumbers() {
    }

    /** native/bench/device_memory.h: hashed. */
    static int hashed(int index, int salt) {
        int h = (index + salt * 0x9E3779B9) * 0x9E3779B1;
        h = (h ^ h >>> 15) * 0x85EBCA77;
        h = (h ^ h >>> 13) * 0xC2B2AE3D;
        return h ^ h >>> 16;
    }

    /** Fills all parameters: norms 1, an adapter's B 0, its A as PEFT bounds it, everything else with deviation 0.02. */
    static void fill(Llama model) {
        for (var parameter : model.parameters()) {
            fill(model, parameter);
            parameter.round(model.device());
        }
    }

    private static void fill(Llama model, Parameter parameter) {
        var name = parameter.name().replace("base_model.model.", "");
        long count = parameter.value().count();
        double bound = name.contains(".lora_A.") ? 1 / Math.sqrt(parameter.value().size(1)) : DEVIATION * Math.sqrt(3);
        int salt = crc(name);
        try (var arena = Arena.ofConfined()) {
            var numbers = arena.allocate(ValueLayout.JAVA_FLOAT, Math.min(PERIOD, count));
            for (int i = 0; i < Math.min(PERIOD, count); i++) {
                double number = name.endsWith("norm.weight") ? 1 : name.contains(".lora_B.") ? 0
                    : ((hashed(i, salt) >>> 8) * 0x1p-23f - 1) * (float) bound;
                numbers.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) number);
            }
            for (long first = 0; first < count; first += PERIOD) {
                parameter.set(model.device(), numbers.asSlice(0, Math.min(PERIOD, count - first) * Float.BYTES), first);
            }
        }
    }

    private static int crc(String name) {
        var crc = new CRC32();
        crc.update(name.getBytes(StandardCharsets.UTF_8));
        return (int) crc.getValue();
    }

    /** Random tokens. */
    static List<int[]> tokens(int batch, int length, int vocabulary) {
        var all = new ArrayList<int[]>();
        for (int s = 0; s < batch; s++) {
            var tokens = new int[length];
            for (int t = 0; t < length; t++) {
                tokens[t] = Integer.remainderUnsigned(hashed(s * length + t, TOKENS), vocabulary);
            }
            all.add(tokens);
        }
        return all;
    }

    /** The same as a batch whose every token is trained. */
    static Batch batch(int batch, int length, int vocabulary) {
        return Batch.of(tokens(batch, length, vocabulary).stream().map(tokens -> Batch.Sequence.allTrained(tokens, 0)).toList());
    }
}
