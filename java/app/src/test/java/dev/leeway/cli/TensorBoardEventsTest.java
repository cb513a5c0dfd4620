package dev.leeway.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class TensorBoardEventsTest {

    /** CRC32C of "123456789" is e3069283 (RFC 3720's check value); rotated right by 15 and plus a282ead8 by hand. */
    @Test
    void theChecksumIsMasked() {
        int expected = Integer.rotateRight(0xe3069283, 15) + 0xa282ead8;
        assertEquals(expected, TensorBoardEvents.maskedCrc("123456789".getBytes(StandardCharsets.US_ASCII)));
    }

    /** Written out by hand from event.proto: wall_time, step, then version or summary {value {tag, simple_value}}. */
    @Test
    void recordsHoldTheBytesOfEventMessages(@TempDir Path folder) throws IOException {
        try (var events = TensorBoardEvents.create(folder, 1500)) {
            events.scalars(2000, 300, Map.of("a", 1.5));
        }
        var bytes = Files.readAllBytes(folder.resolve("events.out.tfevents.0000000001.500.leeway"));
        var version = HexFormat.of().parseHex("09" + "000000000000f83f" + "1000" + "1a0d" + "627261696e2e4576656e743a32");
        var scalar = HexFormat.of().parseHex("09" + "0000000000000040" + "10ac02" + "2a0a" + "0a08" + "0a0161" + "150000c03f");
        var expected = HexFormat.of().formatHex(TensorBoardEvents.record(version))
            + HexFormat.of().formatHex(TensorBoardEvents.record(scalar));
        assertEquals(expected, HexFormat.of().formatHex(bytes));
        assertEquals(version.length, bytes[0], "a record begins with its length");
        assertEquals(8 + 4 + version.length + 4, TensorBoardEvents.record(version).length);
    }
}
