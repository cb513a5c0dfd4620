package dev.leeway.io;

import static dev.leeway.io.Failures.assertRefused;
import static dev.leeway.io.RawSafetensors.bytes;
import static dev.leeway.io.RawSafetensors.file;
import static dev.leeway.io.RawSafetensors.slot;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.LeewayException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class SafetensorsTest {

    /** Characters that change what a header means more often than random bytes do. */
    private static final String SYNTAX = "{}[]\",:0123456789 ";

    @TempDir
    private Path directory;

    private void refused(String header, int bufferBytes, String... parts) {
        var path = file(directory, bytes(header, bufferBytes));
        assertRefused(() -> Safetensors.open(path).close(), parts);
        assertRefused(() -> Safetensors.open(path).close(), path.toString());
    }

    @Test
    void tensorsAreFoundByNameWithTypeShapeAndBytes() {
        var header = "{\"__metadata__\":{\"format\":\"pt\"}," + slot("w", "F32", "[2,1]", 0, 8) + "," + slot("s", "U8", "[]", 8, 9) + "}  ";
        try (var opened = Safetensors.open(file(directory, bytes(header, 9)))) {
            assertEquals(List.of("w", "s"), List.copyOf(opened.asMap().keySet()));
            assertEquals(Map.of("format", "pt"), opened.metadata());
            var tensor = opened.require("w");
            assertEquals(StoredType.F32, tensor.type());
            assertEquals(List.of(2L, 1L), tensor.shape());
            assertEquals(8, tensor.data().byteSize());
            assertArrayEquals(new float[2], tensor.toFloats());
            assertEquals(1, opened.require("s").elements());
            assertTrue(opened.find("x").isEmpty());
        }
    }

    @Test
    void emptyFilesAndEmptyTensorsAreFine() {
        try (var opened = Safetensors.open(file(directory, bytes("{}", 0)))) {
            assertTrue(opened.tensors().isEmpty());
        }
        var header = "{" + slot("a", "F32", "[0,7]", 0, 0) + "," + slot("b", "I8", "[3]", 0, 3) + "," + slot("c", "F64", "[0]", 3, 3) + "}";
        try (var opened = Safetensors.open(file(directory, bytes(header, 3)))) {
            assertEquals(0, opened.require("a").elements());
            assertEquals(3, opened.tensors().size());
        }
    }

    @Test
    void anUnknownNameIsAnsweredWithTheNearest() {
        var header = "{" + slot("model.norm.weight", "U8", "[1]", 0, 1) + "}";
        try (var opened = Safetensors.open(file(directory, bytes(header, 1)))) {
            assertRefused(() -> opened.require("model.norm.wieght"), "did you mean \"model.norm.weight\"?");
        }
    }

    @Test
    void aMissingFileIsNamed() {
        assertRefused(() -> Safetensors.open(directory.resolve("none.safetensors")), "none.safetensors does not exist");
    }

    @Test
    void tornHeaderIsRefusedWithItsLength() {
        assertRefused(() -> Safetensors.open(file(directory, new byte[0])), "has 0 bytes", "at least 8");
        assertRefused(() -> Safetensors.open(file(directory, new byte[7])), "has 7 bytes");
        var whole = bytes("{" + slot("w", "F32", "[2]", 0, 8) + "}", 8);
        assertRefused(() -> Safetensors.open(file(directory, Arrays.copyOf(whole, 20))), "has only 12 after its length", "torn");
    }

    @Test
    void hugeHeaderIsRefusedBeforeAnythingIsAllocated() {
        for (long length : new long[] {100_000_001L, Long.MAX_VALUE, -1L}) {
            var content = ByteBuffer.allocate(64).order(ByteOrder.LITTLE_ENDIAN).putLong(length).array();
            assertRefused(() -> Safetensors.open(file(directory, content)), Long.toUnsignedString(length), "at most 100000000");
        }
    }

    @Test
    void tornDataIsRefusedWithTheTensor() {
        refused("{" + slot("w", "F32", "[2]", 0, 8) + "}", 7, "tensor \"w\" ends at byte 8 of a buffer of 7", "torn");
    }

    @Test
    void overlapsHolesAndRemaindersAreRefused() {
        refused("{" + slot("a", "U8", "[4]", 0, 4) + "," + slot("b", "U8", "[4]", 2, 6) + "}", 6,
                "tensor \"b\" begins at byte 2, expected 4", "overlaps");
        refused("{" + slot("a", "U8", "[4]", 0, 4) + "," + slot("b", "U8", "[4]", 0, 4) + "}", 4, "overlaps");
        refused("{" + slot("a", "U8", "[4]", 0, 4) + "," + slot("b", "U8", "[4]", 6, 10) + "}", 10, "hole before it");
        refused("{" + slot("a", "U8", "[4]", 1, 5) + "}", 5, "begins at byte 1, expected 0");
        refused("{" + slot("a", "U8", "[4]", 0, 4) + "}", 6, "cover 4 bytes of a buffer of 6");
        refused("{}", 1, "cover 0 bytes of a buffer of 1");
    }

    @Test
    void wrongTypesAndByteCountsAreRefused() {
        refused("{" + slot("w", "F31", "[2]", 0, 8) + "}", 8, "tensor \"w\" has the unknown dtype \"F31\"", "BF16");
        refused("{" + slot("w", "F4", "[2]", 0, 1) + "}", 1, "unknown dtype \"F4\"");
        refused("{" + slot("w", "F64", "[2]", 0, 8) + "}", 8, "F64 of shape [2] needs 16 bytes, its data_offsets [0, 8] hold 8");
        refused("{" + slot("w", "F32", "[1]", 0, 8) + "}", 8, "F32 of shape [1] needs 4 bytes, its data_offsets [0, 8] hold 8");
        refused("{" + slot("w", "U8", "[2]", 8, 6) + "}", 8, "needs 2 bytes, its data_offsets [8, 6] hold -2");
    }

    @Test
    void overflowingNegativeAndFractionalShapesAreRefused() {
        refused("{" + slot("w", "F32", "[4611686018427387904,4]", 0, 0) + "}", 0, "no file can hold shape [4611686018427387904, 4] of F32");
        refused("{" + slot("w", "F32", "[4294967296,4294967296]", 0, 0) + "}", 0, "no file can hold");
        refused("{" + slot("w", "F32", "[9223372036854775808]", 0, 0) + "}", 0, "integers from 0 to 2^63 - 1 in shape");
        refused("{" + slot("w", "F32", "[-1]", 0, 4) + "}", 4, "integers from 0 to 2^63 - 1 in shape");
        refused("{" + slot("w", "F32", "[1.0]", 0, 4) + "}", 4, "integers in shape");
        refused("{" + slot("w", "F32", "[\"1\"]", 0, 4) + "}", 4, "integers in shape");
        refused("{" + slot("w", "F32", "[" + "1,".repeat(64) + "1]", 0, 4) + "}", 4, "at most 64 numbers in shape");
    }

    @Test
    void keysThatOccurTwiceAreRefused() {
        refused("{" + slot("w", "U8", "[1]", 0, 1) + "," + slot("w", "U8", "[1]", 1, 2) + "}", 2, "names \"w\" twice");
        refused("{\"__metadata__\":{},\"__metadata__\":{}}", 0, "names \"__metadata__\" twice");
        refused("{\"__metadata__\":{\"a\":\"1\",\"a\":\"2\"}}", 0, "__metadata__ names \"a\" twice");
        refused("{\"w\":{\"dtype\":\"U8\",\"dtype\":\"I8\",\"shape\":[1],\"data_offsets\":[0,1]}}", 1, "has dtype twice");
    }

    @Test
    void entriesWithoutTheirFieldsAreRefused() {
        refused("{\"w\":{\"shape\":[1],\"data_offsets\":[0,1]}}", 1, "entry \"w\" of the header must have dtype, shape and data_offsets");
        refused("{\"w\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1,2]}}", 1, "two data_offsets");
        refused("{\"w\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1],\"strides\":[1]}}", 1, "unknown field \"strides\"");
        refused("{\"w\":[1]}", 1, "entry \"w\"", "an object with dtype, shape and data_offsets");
        refused("{\"w\":{\"dtype\":8,\"shape\":[1],\"data_offsets\":[0,1]}}", 1, "a string as dtype");
        refused("{\"__metadata__\":{\"a\":1}}", 0, "a string at \"a\"");
        refused("{\"__metadata__\":null}", 0, "an object of strings");
    }

    @Test
    void whatIsNotJsonIsRefusedWithItsByte() {
        refused("[]", 0, "must be a JSON object and begin with {");
        refused(" {}", 0, "begin with {");
        refused("", 0, "begin with {");
        refused("{\"w\":{\"dtype\":\"U8\",", 0, "malformed JSON at byte");
        refused("{}{}", 0, "only spaces may follow");
        refused("{} \0", 0, "malformed JSON");
        refused("{\"w\":" + "[".repeat(100_000), 0, "entry \"w\"");
        refused("{\"w\":{\"shape\":" + "[".repeat(100_000), 0, "integers in shape");
    }

    @Test
    void headerThatIsNotUtf8IsRefusedWithItsByte() {
        var header = "{\"ÿ\":1}".getBytes(StandardCharsets.ISO_8859_1);
        assertRefused(() -> Safetensors.open(file(directory, bytes(header, 0))), "header is not valid UTF-8 at byte 2");
        var surrogate = new byte[] {'{', '"', (byte) 0xed, (byte) 0xa0, (byte) 0x80, '"', ':', '1', '}'};
        assertRefused(() -> Safetensors.open(file(directory, bytes(surrogate, 0))), "not valid UTF-8");
    }

    @Test
    void hostileNamesStayOnOneShortLine() {
        refused("{" + slot("a\\n\\u001b[2J" + "x".repeat(10_000), "F31", "[]", 0, 0) + "}", 0, "\"a\\u000a\\u001b[2Jxxx", "x…\"");
    }

    @Test
    void anyTwoBytesChangedEitherLoadOrAreRefused() throws IOException {
        var good = directory.resolve("good.safetensors");
        SafetensorsWriter.write(good, List.of(StoredTensor.ofFloats("alpha", List.of(2L, 3L), 1, 2, 3, 4, 5, 6),
                StoredTensor.ofFloats("beta", List.of(), 7), StoredTensor.ofFloats("gamma", List.of(0L))), Map.of("format", "pt"));
        var bytes = Files.readAllBytes(good);
        var random = new Random(20260101);
        int refused = 0;
        for (int trial = 0; trial < 4000; trial++) {
            var mutated = mutated(bytes, random);
            try (var opened = Safetensors.open(file(directory, mutated))) {
                opened.tensors().forEach(SafetensorsTest::touch);
            } catch (LeewayException expected) {
                refused++;
            }
        }
        assertTrue(refused > 2000, "only " + refused + " of 4000 mutations were refused: the mutations don't reach the checks");
    }

    /** Two bytes changed in the header or its length, sometimes the tail cut, sometimes a byte doubled. */
    private static byte[] mutated(byte[] bytes, Random random) {
        int header = 8 + (bytes[0] & 255) + (bytes[1] & 255) * 256;
        var copy = bytes.clone();
        for (int i = 0; i < 2; i++) {
            int replacement = random.nextBoolean() ? random.nextInt(256) : SYNTAX.charAt(random.nextInt(SYNTAX.length()));
            copy[random.nextInt(header)] = (byte) replacement;
        }
        return random.nextInt(4) > 0 ? copy : Arrays.copyOf(copy, random.nextInt(bytes.length + 9));
    }

    private static void touch(StoredTensor tensor) {
        if (tensor.type().isFloating() && tensor.type().bytes() >= 2 && tensor.type() != StoredType.C64) {
            tensor.toDoubles();
        }
    }

    @Test
    void fileShortenedWhileOpenIsAnErrorAndNoCrash() throws IOException {
        var path = directory.resolve("long.safetensors");
        int elements = 1 << 20;
        SafetensorsWriter.write(path, List.of(StoredTensor.ofFloats("w", List.of((long) elements), new float[elements])), Map.of());
        try (var opened = Safetensors.open(path); var channel = FileChannel.open(path, StandardOpenOption.WRITE)) {
            var tensor = opened.require("w");
            channel.truncate(8192);
            assertRefused(tensor::toFloats, "\"w\"", "shortened while it was open");
            assertRefused(tensor::toDoubles, "\"w\"", "shortened while it was open");
        }
    }

    /** Enough rounds over memory to have every reading loop compiled: there the virtual machine reports a lost page late. */
    @Test
    void fileShortenedWhileOpenIsAnErrorInCompiledCodeToo() throws IOException {
        var path = directory.resolve("compiled.safetensors");
        int elements = 1 << 12;
        var kept = StoredTensor.ofFloats("w", List.of((long) elements), new float[elements]);
        SafetensorsWriter.write(path, List.of(kept), Map.of());
        try (var opened = Safetensors.open(path); var channel = FileChannel.open(path, StandardOpenOption.WRITE)) {
            var lost = opened.require("w");
            channel.truncate(4096);
            for (int round = 0; round < 300; round++) {
                for (int i = 0; i < 20; i++) {
                    kept.toFloats();
                    kept.toDoubles();
                }
                assertRefused(lost::toFloats, "\"w\"", "shortened while it was open");
                assertRefused(lost::toDoubles, "\"w\"", "shortened while it was open");
            }
        }
    }
}
