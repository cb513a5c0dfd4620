package dev.leeway.io;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Safetensors files made byte by byte, so that they can be wrong. */
final class RawSafetensors {

    private RawSafetensors() {
    }

    static byte[] bytes(byte[] header, int bufferBytes) {
        return ByteBuffer.allocate(8 + header.length + bufferBytes).order(ByteOrder.LITTLE_ENDIAN)
                .putLong(header.length).put(header).array();
    }

    static byte[] bytes(String header, int bufferBytes) {
        return bytes(header.getBytes(StandardCharsets.UTF_8), bufferBytes);
    }

    /** Writes {@code content} into the directory under the name bad.safetensors. */
    static Path file(Path directory, byte[] content) {
        try {
            return Files.write(directory.resolve("bad.safetensors"), content);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    /** The header entry of one tensor. */
    static String slot(String name, String dtype, String shape, long begin, long end) {
        return "\"%s\":{\"dtype\":\"%s\",\"shape\":%s,\"data_offsets\":[%d,%d]}".formatted(name, dtype, shape, begin, end);
    }
}
