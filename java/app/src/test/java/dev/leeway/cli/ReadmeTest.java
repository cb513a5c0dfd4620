package dev.leeway.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The Java file of the README, compiled and run as it stands there. */
final class ReadmeTest {

    private static final String FENCE = "```java\n";

    @Test
    void theEmbeddingExampleRunsBehindAQuickstart(@TempDir Path folder) throws IOException, InterruptedException {
        Cli.succeed("quickstart", "--output_dir", folder.resolve("leeway-quickstart"), "--scale", "smoke");

        var readme = Files.readString(Path.of("..", "..", "README.md"));
        int begin = readme.indexOf(FENCE) + FENCE.length();
        var file = Files.writeString(folder.resolve("Example.java"), readme.substring(begin, readme.indexOf("```", begin)));
        var log = folder.resolve("log").toFile();
        var process = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "--enable-native-access=ALL-UNNAMED",
            "-cp", System.getProperty("java.class.path"), file.toString()).directory(folder.toFile()).redirectErrorStream(true)
            .redirectOutput(log).start();
        assertTrue(process.waitFor(3, TimeUnit.MINUTES), "the example ends");
        var text = Files.readString(log.toPath());
        assertEquals(0, process.exitValue(), text);
        assertTrue(text.contains("step 120 loss "), text);
        assertTrue(Files.exists(folder.resolve("leeway-quickstart/embedded/adapter_model.safetensors")));
    }
}
