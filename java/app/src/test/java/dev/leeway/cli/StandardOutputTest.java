package dev.leeway.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class StandardOutputTest {

    @Test
    void aFullDiskIsALoss() {
        assertEquals(Optional.of("No space left on device"), lossOf("No space left on device"));
    }

    @Test
    void aReaderThatLeftIsNone() {
        assertEquals(Optional.empty(), lossOf("Broken pipe"));
    }

    private static Optional<String> lossOf(String reason) {
        var output = new StandardOutput(new OutputStream() {
            @Override
            public void write(int value) throws IOException {
                throw new IOException(reason);
            }
        });
        var writer = new PrintWriter(output, false, StandardCharsets.UTF_8);
        writer.println("text");
        writer.flush();
        return output.loss();
    }
}
