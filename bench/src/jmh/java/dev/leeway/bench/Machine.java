package dev.leeway.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Where and of what the figures are.
 *
 * @param processor its model name
 * @param flags those of its instruction sets that matter here
 * @param processors that this process may use
 * @param java version of the JVM
 * @param commit of the checkout, with {@code +changes} where it has some
 */
public record Machine(String processor, List<String> flags, int processors, String java, String commit) {

    private static final List<String> RELEVANT = List.of("avx2", "fma", "avx512f", "avx512bw", "avx512vl", "avx512dq", "avx512_bf16",
        "avx512_vnni", "amx_bf16", "asimd", "bf16");

    /** This machine. */
    public static Machine here() throws IOException, InterruptedException {
        var information = Files.readAllLines(Path.of("/proc/cpuinfo"));
        var flags = value(information, "flags").or(() -> value(information, "Features")).orElse("");
        return new Machine(value(information, "model name").orElse(System.getProperty("os.arch")),
            Arrays.stream(flags.split(" ")).filter(RELEVANT::contains).toList(), Runtime.getRuntime().availableProcessors(),
            System.getProperty("java.vm.name") + " " + System.getProperty("java.vm.version"), checkout());
    }

    private static Optional<String> value(List<String> lines, String key) {
        return lines.stream().filter(line -> line.startsWith(key)).findFirst().map(line -> line.substring(line.indexOf(':') + 1).strip());
    }

    private static String checkout() throws IOException, InterruptedException {
        var head = output("git", "rev-parse", "--short=12", "HEAD");
        if (head.isEmpty()) {
            return "unknown";
        }
        return output("git", "status", "--porcelain", "--untracked-files=no").isEmpty() ? head : head + "+changes";
    }

    private static String output(String... command) throws IOException, InterruptedException {
        try {
            var process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
            var text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
            return process.waitFor() == 0 ? text : "";
        } catch (IOException noGit) {
            return "";
        }
    }

    /** Whether products of bf16 pairs are an instruction here; without it bf16 rows would measure an emulation. */
    public boolean hasBf16() {
        return flags.contains("avx512_bf16");
    }

    /** A name for files. */
    public String slug() {
        return processor.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "-").replaceAll("^-|-$", "");
    }
}
