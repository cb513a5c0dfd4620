package dev.leeway.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.ffi.DType;
import dev.leeway.io.AdapterConfig;
import dev.leeway.io.LoraScale;
import dev.leeway.io.ModuleSelection;
import dev.leeway.tensor.Device;
import dev.leeway.tensor.MemoryPlan;
import dev.leeway.tensor.MemoryPlan.Purpose;
import dev.leeway.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** One linear layer whose low-rank term is the identity and whose weight is zero: what it puts out is what dropout leaves of its input. */
final class DropoutTest {

    private static final int WIDTH = 40;
    private static final int ROWS = 256;
    private static final double DROPOUT = 0.1;
    private static final String MODULE = "model.layers.0.self_attn.q_proj";

    private final Device device = Device.open("cpu", 2);
    private final MemoryPlan memory = new MemoryPlan();
    private final AdapterConfig adapter = new AdapterConfig(LoraScale.of(WIDTH, WIDTH), new ModuleSelection.AllLinear(), DROPOUT, List.of(),
        Optional.empty(), "");
    private final ModelPlan plan = new ModelPlan(memory, Capacity.training(ROWS, 8), ModelPlan.Trained.ADAPTER, Optional.of(adapter));
    private final Linear linear = new Linear(MODULE, WIDTH, WIDTH, false, plan);
    private final Linear other = new Linear("model.layers.1.self_attn.q_proj", WIDTH, WIDTH, false, plan);
    private final Tensor x = plan.activation("x", WIDTH);
    private final Tensor y = plan.activation("y", WIDTH);
    private final Tensor dy = plan.activation("dy", WIDTH);
    private final Tensor dx = plan.activation("dx", WIDTH);
    private final Tensor dyb = plan.activation("dyb", WIDTH);
    private final Tensor rowIds = plan.buffer(Purpose.ACTIVATIONS, "row_ids", DType.I64, ROWS);
    private final MemoryPlan.Allocation allocation = allocate();

    private MemoryPlan.Allocation allocate() {
        plan.dropout().plan(plan);
        var allocated = memory.allocate(device);
        plan.parameters().stream().filter(Parameter::isAdapter).forEach(parameter -> device.upload(identity(), parameter.value()));
        var ones = new float[ROWS * WIDTH];
        Arrays.fill(ones, 1);
        device.upload(ones, x);
        return allocated;
    }

    private static float[] identity() {
        var matrix = new float[WIDTH * WIDTH];
        for (int i = 0; i < WIDTH; i++) {
            matrix[i * WIDTH + i] = 1;
        }
        return matrix;
    }

    @AfterEach
    void close() {
        allocation.close();
        device.close();
    }

    private static Batch batch(long... unitIds) {
        var sequences = Arrays.stream(unitIds).mapToObj(id -> Batch.Sequence.allTrained(new int[ROWS / unitIds.length], id)).toList();
        return Batch.of(sequences);
    }

    /** What the layer leaves of ones, (N, WIDTH). */
    private float[] kept(Linear layer, Batch batch, TrainingNoise noise) {
        var ids = new long[batch.rows()];
        batch.rowIds(ids);
        device.upload(ids, rowIds);
        plan.dropout().begin(noise, rowIds);
        layer.forward(device, batch.rows(), x, y);
        return device.floats(y);
    }

    private float[] kept(Batch batch, TrainingNoise noise) {
        return kept(linear, batch, noise);
    }

    @Test
    void anInputIsZeroWithTheGivenProbabilityAndElseGrowsByItsInverse() {
        long zeros = 0;
        int passes = 20;
        for (int step = 0; step < passes; step++) {
            for (float value : kept(batch(1), new TrainingNoise(3, step))) {
                assertTrue(value == 0 || value == 1 / (1 - (float) DROPOUT), "1/(1−p) or 0, got " + value);
                zeros += value == 0 ? 1 : 0;
            }
        }
        double draws = (double) passes * ROWS * WIDTH;
        double deviation = Math.sqrt(draws * DROPOUT * (1 - DROPOUT));
        assertEquals(DROPOUT * draws, zeros, 5 * deviation, "five standard deviations of a binomial");
    }

    @Test
    void aMaskIsAFunctionOfSeedStepUnitPositionModuleAndColumnAlone() {
        var noise = new TrainingNoise(3, 5);
        var together = kept(batch(7, 8, 9, 10), noise);
        assertArrayEquals(together, kept(batch(7, 8, 9, 10), noise), "again");
        int length = ROWS / 4 * WIDTH;
        for (int s = 0; s < 4; s++) {
            var alone = kept(Batch.of(List.of(Batch.Sequence.allTrained(new int[ROWS / 4], 7 + s))), noise);
            assertArrayEquals(Arrays.copyOfRange(together, s * length, (s + 1) * length), Arrays.copyOf(alone, length),
                "unit " + (7 + s) + " alone");
        }
        requireIndependent(together, kept(batch(7, 8, 9, 10), new TrainingNoise(4, 5)), "another seed");
        requireIndependent(together, kept(batch(7, 8, 9, 10), new TrainingNoise(3, 6)), "another step");
        requireIndependent(together, kept(batch(17, 18, 19, 20), noise), "other units");
        requireIndependent(together, kept(other, batch(7, 8, 9, 10), noise), "another module");
        requireIndependent(without(together, WIDTH), Arrays.copyOfRange(together, WIDTH, together.length), "the next position");
        requireIndependent(without(together, 1), Arrays.copyOfRange(together, 1, together.length), "the next column");
    }

    private static float[] without(float[] values, int last) {
        return Arrays.copyOf(values, values.length - last);
    }

    /** Independent masks are both zero in p² of the places, within five standard deviations. */
    private static void requireIndependent(float[] one, float[] another, String what) {
        int both = 0;
        for (int i = 0; i < one.length; i++) {
            both += one[i] == 0 && another[i] == 0 ? 1 : 0;
        }
        double expected = DROPOUT * DROPOUT;
        assertEquals(expected * one.length, both, 5 * Math.sqrt(one.length * expected * (1 - expected)), what);
    }

    @Test
    void withoutNoiseEveryInputPassesAsItIs() {
        linear.forward(device, ROWS, x, y);
        var passed = device.floats(y);
        assertArrayEquals(device.floats(x), passed);
        kept(batch(1), new TrainingNoise(3, 1));
        plan.dropout().end();
        linear.forward(device, ROWS, x, y);
        assertArrayEquals(device.floats(x), device.floats(y));
    }

    /** Dropped inputs send no gradient back and get none: dx = m dy, dA = (dy)ᵀ (m x), dB = dyᵀ (m x), all sums of at most 256 terms. */
    @Test
    void theWayBackDropsWhatTheWayThereDropped() {
        var random = new Random(1);
        device.upload(normal(random), x);
        device.upload(normal(random), dy);
        var batch = batch(3, 4);
        var noise = new TrainingNoise(3, 2);
        var inputs = device.floats(x);
        var slopes = device.floats(dy);
        var left = kept(batch, noise);
        linear.backward(device, new Linear.Rows(ROWS, dyb, false), x, dy, dx);
        var back = device.floats(dx);
        for (int i = 0; i < back.length; i++) {
            assertEquals(left[i] == 0 ? 0 : slopes[i] / (1 - DROPOUT), back[i], 4e-6 * Math.abs(slopes[i]), "dx");
        }
        var da = device.floats(gradient(".lora_A."));
        var db = device.floats(gradient(".lora_B."));
        for (int i = 0; i < 200; i++) {
            int row = random.nextInt(WIDTH);
            int column = random.nextInt(WIDTH);
            double sum = 0;
            double terms = 0;
            for (int n = 0; n < ROWS; n++) {
                double term = (double) slopes[n * WIDTH + row] * left[n * WIDTH + column];
                sum += term;
                terms += Math.abs(term);
            }
            assertEquals(sum, da[row * WIDTH + column], 0x1p-24 * ROWS * terms, "dA");
            assertEquals(sum, db[row * WIDTH + column], 0x1p-24 * ROWS * terms, "dB");
        }
        assertFalse(Arrays.equals(inputs, left));
    }

    private Tensor gradient(String factor) {
        return plan.parameters().stream().filter(parameter -> parameter.name().contains(MODULE + factor)).findFirst()
            .flatMap(Parameter::gradient).orElseThrow();
    }

    private static float[] normal(Random random) {
        var values = new float[ROWS * WIDTH];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }

    @Test
    void memoryIsPlannedOnlyWhereSomethingCanDrop() {
        long width = bytes(Capacity.training(ROWS, 8), DROPOUT) - bytes(Capacity.training(ROWS, 8), 0);
        assertEquals((long) ROWS * WIDTH * Float.BYTES, width, "scratch of the widest module");
        assertEquals(bytes(Capacity.inference(ROWS, 8), 0), bytes(Capacity.inference(ROWS, 8), DROPOUT));
    }

    private static long bytes(Capacity capacity, double dropout) {
        var memory = new MemoryPlan();
        var config = new AdapterConfig(LoraScale.of(2, 2), new ModuleSelection.AllLinear(), dropout, List.of(), Optional.empty(), "");
        var plan = new ModelPlan(memory, capacity, ModelPlan.Trained.ADAPTER, Optional.of(config));
        new Linear(MODULE, WIDTH, WIDTH, false, plan);
        new Linear("model.layers.0.self_attn.k_proj", WIDTH, 8, false, plan);
        plan.dropout().plan(plan);
        return memory.bytesByPurpose().get(Purpose.ACTIVATIONS);
    }
}
