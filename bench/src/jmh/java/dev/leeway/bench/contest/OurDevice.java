package dev.leeway.bench.contest;

import dev.leeway.bench.Shape;
import dev.leeway.ffi.DType;
import dev.leeway.io.AdapterConfig;
import dev.leeway.io.LoraScale;
import dev.leeway.io.ModuleSelection;
import dev.leeway.rollout.Completion;
import dev.leeway.rollout.Generator;
import dev.leeway.rollout.InferenceSession;
import dev.leeway.rollout.SamplingParameters;
import dev.leeway.tensor.Device;
import dev.leeway.train.AdamW;
import dev.leeway.train.TrainingSession;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** Leeway's side of the contests on a device, in bf16: a training step, or prompts read and tokens drawn, in each turn. */
public final class OurDevice {

    /** LoRA's rank; its alpha is twice that. */
    static final int RANK = 16;
    /** Steps are recorded once and queued as a whole. */
    static final String RECORDED = "recorded";

    /** Tokens of prompts that are read at once. */
    private static final int MOST_ROWS = 8192;

    private final Device device;
    private final long free;
    private long used;
    private int taken;

    private OurDevice(Device device) {
        this.device = device;
        this.free = device.info().freeBytes();
    }

    /**
     * Arguments: training, lora or decoding; back end; shape; sequences; tokens of each; turns; new tokens; recorded, or not: each call is
     * then queued by itself.
     */
    public static void main(String[] arguments) {
        var shape = Shape.named(arguments[2]);
        int batch = Integer.parseInt(arguments[3]);
        int length = Integer.parseInt(arguments[4]);
        int turns = Integer.parseInt(arguments[5]);
        try (var device = Device.open(arguments[1], 0)) {
            var ours = new OurDevice(device);
            if (!arguments[7].equals(RECORDED)) {
                device.runOneByOne();
            }
            if (arguments[0].equals("decoding")) {
                ours.decode(shape, DeviceNumbers.tokens(batch, length, shape.vocabulary()), Integer.parseInt(arguments[6]), turns);
            } else {
                ours.train(shape, batch, length, arguments[0].equals("lora"), turns);
            }
            System.out.printf(Locale.ROOT, "{\"peak_bytes\": %d, \"version\": \"Leeway\"}%n", ours.used);
        }
    }

    private void train(Shape shape, int batch, int length, boolean lora, int turns) {
        var adapter = lora ? Optional.of(AdapterConfig.of(LoraScale.of(RANK, 2 * RANK), new ModuleSelection.AllLinear()))
            : Optional.<AdapterConfig>empty();
        var settings = new TrainingSession.Settings(adapter, length, batch * length, batch, new AdamW.Settings(0.9, 0.999, 1e-8, 0, 0), 0)
            .withDtype(DType.BF16);
        try (var session = TrainingSession.open(shape.config(length), settings, device)) {
            DeviceNumbers.fill(session.model());
            OurTraining.train(session, List.of(DeviceNumbers.batch(batch, length, shape.vocabulary())), turns,
                report -> String.format(Locale.ROOT, "\"loss\": %s, %s", report.loss(), memory(session.bytes())));
        }
    }

    private void decode(Shape shape, List<int[]> prompts, int tokens, int turns) {
        int length = prompts.getFirst().length + tokens;
        int rows = Math.max(prompts.size(), Math.min(MOST_ROWS, prompts.size() * prompts.getFirst().length));
        var size = new InferenceSession.Size(length, prompts.size(), rows);
        try (var session = InferenceSession.open(shape.config(length), Optional.empty(), size, DType.BF16, device)) {
            DeviceNumbers.fill(session.model());
            var clock = new Turns();
            for (int turn = 0; turn < turns; turn++) {
                clock.await();
                var drawn = session.generator().complete(prompts, new Generator.Request(SamplingParameters.greedy(), tokens, Set.of()));
                clock.done(() -> "\"first\": " + drawn.stream().map(OurDevice::first).collect(Collectors.joining(", ", "[", "], "))
                    + "\"drawn\": " + drawn.stream().map(one -> Arrays.hashCode(one.tokens())).toList().hashCode() + ", " + memory(0));
            }
        }
    }

    private static String first(Completion completion) {
        return Integer.toString(completion.tokens()[0]);
    }

    /**
     * What the device has less than when nothing was planned yet, as long as nobody else has come: in the turns that warm up. With the
     * CPU's memory that would be other processes' as well.
     */
    private String memory(long planned) {
        if (taken++ < Contest.WARM_UP) {
            used = Math.max(used, device.sharesHostMemory() ? planned : free - device.info().freeBytes());
        }
        return String.format(Locale.ROOT, "\"planned_bytes\": %d, \"device_bytes\": %d", planned, used);
    }
}
