package dev.leeway.cli;

import dev.leeway.tensor.Device;
import java.util.List;
import picocli.CommandLine.Option;

/** What computes. */
final class DeviceOptions {

    private static final List<String> DEVICES = List.of("cpu", "cuda", "emu");

    @Option(names = "--device", paramLabel = "NAME", description = "cpu, cuda, or emu in developer builds (default: cpu)")
    String device = "cpu";

    @Option(names = "--threads", paramLabel = "N", description = "CPU threads; results do not depend on it (default: all)")
    int threads;

    void check(Problems problems) {
        problems.require(DEVICES.contains(device), "--device must be one of %s; got %s", String.join(", ", DEVICES), device);
        problems.require(threads >= 0, "--threads must be at least 1, or 0 for all; got %d", threads);
    }

    Device open() {
        return Device.open(device, threads);
    }
}
