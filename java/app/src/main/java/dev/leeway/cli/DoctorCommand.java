package dev.leeway.cli;

import dev.leeway.LeewayException;
import dev.leeway.cli.Finding.State;
import dev.leeway.ffi.Native;
import dev.leeway.tensor.Device;
import dev.leeway.text.TokenizerLibrary;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code leeway doctor}: whether this machine has what leeway needs. */
@Command(name = "doctor", description = {"Checks what this machine has: Java, libraries, processor, memory, folders, CUDA.",
    "One line a check: ok; missing, where leeway works without it; bad, where it doesn't. Anything bad is exit code 5."})
final class DoctorCommand implements Callable<Integer> {

    private static final int JAVA = 25;
    private static final long LEAST_MEMORY = 1_000_000_000;
    private static final Path FIRST_GPU = Path.of("/dev/nvidia0");

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        var findings = new ArrayList<Finding>();
        findings.add(java());
        // Before the libraries that are unpacked there: of two bad lines the first is the cause.
        findings.add(folder("library cache", Native.cache(), "-Dleeway.cache=DIR in LEEWAY_JAVA_OPTS"));
        findings.add(folder("tokenizer cache", TokenizerLibrary.cache(), "the environment variable ENGINE_CACHE_DIR"));
        findings.addAll(processor());
        findings.add(tokenizer());
        findings.add(cuda());
        var out = spec.commandLine().getOut();
        findings.forEach(finding -> out.println(finding.line()));
        boolean bad = findings.stream().anyMatch(finding -> finding.state() == State.BAD);
        return bad ? LeewayException.Kind.RESOURCES.exitCode() : 0;
    }

    private static Finding java() {
        var version = Runtime.version();
        var text = version + " in " + System.getProperty("java.home");
        return version.feature() >= JAVA ? Finding.ok("Java", text) : Finding.bad("Java", text + "; install a JDK " + JAVA);
    }

    /** A folder that is made where it is missing, as the first use would. */
    private static Finding folder(String name, Path folder, String remedy) {
        try {
            Files.createDirectories(folder);
            Files.delete(Files.createTempFile(folder, "doctor", ".part"));
            return Finding.ok(name, folder + " is writable");
        } catch (IOException failure) {
            return Finding.bad(name, folder + " cannot be written (" + failure + "); name another folder with " + remedy);
        }
    }

    private static List<Finding> processor() {
        try (var device = Device.cpu()) {
            var info = device.info();
            return List.of(Finding.ok("CPU library", "loaded, ABI version " + Native.ABI_VERSION),
                Finding.ok("instruction set", info.name().replaceFirst(", \\d+ threads$", "")),
                Finding.ok("threads", info.threads() + ", one for each processor that this process may use"),
                memory(info));
        } catch (LeewayException failure) {
            return List.of(Finding.bad("CPU library", failure.getMessage()));
        }
    }

    private static Finding memory(Native.DeviceInfo info) {
        var text = String.format(Locale.ROOT, "%.1f of %.1f GB free; the Java heap may have %.1f GB", info.freeBytes() / 1e9,
            info.totalBytes() / 1e9, Runtime.getRuntime().maxMemory() / 1e9);
        return info.freeBytes() >= LEAST_MEMORY ? Finding.ok("memory", text)
            : Finding.bad("memory", text + "; less than 1 GB is too little for any model of use");
    }

    private static Finding tokenizer() {
        try {
            TokenizerLibrary.load();
            return Finding.ok("tokenizers", "library loaded");
        } catch (LeewayException failure) {
            return Finding.bad("tokenizers", failure.getMessage());
        }
    }

    private static Finding cuda() {
        boolean gpu = Files.exists(FIRST_GPU);
        if (!Native.isInstalled("cuda")) {
            return Finding.missing("CUDA library", gpu
                ? "this machine has an NVIDIA GPU that this build doesn't use; install CUDA 13 (nvcc) and start again with LEEWAY_CUDA=1"
                : "no NVIDIA GPU here; the CPU does all the work. LEEWAY_CUDA=1 builds the library all the same, with CUDA 13 (nvcc)");
        }
        try (var device = Device.open("cuda", 0)) {
            return Finding.ok("CUDA library", "loaded, " + device.info().name());
        } catch (LeewayException failure) {
            return gpu ? Finding.bad("CUDA library", failure.getMessage())
                : Finding.missing("CUDA library", "it is in this build, but there is no NVIDIA GPU here");
        }
    }
}
