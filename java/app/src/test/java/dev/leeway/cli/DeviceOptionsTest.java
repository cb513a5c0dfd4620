package dev.leeway.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;
import picocli.CommandLine.Model.CommandSpec;

class DeviceOptionsTest {

    /** A study hands them on to its trainings. */
    @Test
    void everyOptionIsHandedOn() {
        var options = new DeviceOptions();
        options.device = "cuda";
        options.kernels = "vendor";
        options.threads = 3;
        var known = CommandSpec.forAnnotatedObject(options).options().stream().map(option -> option.longestName().substring(2)).toList();
        assertEquals(known, List.copyOf(options.asOptions().keySet()));
        assertEquals(List.of("cuda", "vendor", "3"), List.copyOf(options.asOptions().values()));
    }
}
