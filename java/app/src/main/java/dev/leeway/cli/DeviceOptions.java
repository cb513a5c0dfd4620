package dev.leeway.cli;

import dev.leeway.tensor.Device;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import picocli.CommandLine.Option;

/** What computes. */
public final class DeviceOptions {

    /** What the kernels take. */
    private static final int MOST_THREADS = 1024;
    private static final List<String> KERNELS = List.of("own", "vendor");
    private static final List<String> DEVICES = List.of("cpu", "cuda", "emu");

    @Option(names = "--device", paramLabel = "NAME", description = "cpu, cuda, or emu in developer builds (default: cpu)")
    String device = "cpu";

    @Option(names = "--kernels", paramLabel = "WHOSE", description = "own, or vendor: matrix products by NVIDIA's cuBLASLt where it is "
        + "installed, to compare with (default: own)")
    String kernels = "own";

    @Option(names = "--threads", paramLabel = "N", description = "CPU threads; results do not depend on it (default: all)")
    int threads;

    /** Ends a command that has no other options to check if one of these is wrong. */
    public void requireValid() {
        Problems.requireNone(this::check);
    }

    void check(Problems problems) {
        problems.require(DEVICES.contains(device), "--device must be one of %s; got %s", String.join(", ", DEVICES), device);
        problems.require(KERNELS.contains(kernels), "--kernels must be one of %s; got %s", String.join(", ", KERNELS), kernels);
        problems.require(!kernels.equals("vendor") || !device.equals("cpu"), "--kernels vendor needs --device cuda; the CPU has kernels of "
            + "its own alone");
        problems.require(threads >= 0 && threads <= MOST_THREADS, "--threads must be from 1 to %d, or 0 for all; got %d", MOST_THREADS,
            threads);
    }

    /** What results depend on of it. */
    String kind() {
        return device + (kernels.equals("vendor") ? " with vendor kernels" : "");
    }

    /** As a command is given them, by name. */
    SequencedMap<String, String> asOptions() {
        var options = new LinkedHashMap<String, String>();
        options.put("device", device);
        options.put("kernels", kernels);
        options.put("threads", Integer.toString(threads));
        return options;
    }

    /** Opens the device, after {@link #check}. */
    public Device open() {
        return kernels.equals("vendor") ? Device.openWithVendorKernels(device) : Device.open(device, threads);
    }
}
