package dev.leeway.io;

import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.util.HexFormat;
import java.util.List;
import java.util.zip.CRC32C;
import java.util.zip.Checksum;

/**
 * Sums that tell whether bytes are what was written: SHA-256 of headers and small files, CRC32C of tensors. CRC32C finds every burst of up
 * to 32 bits (Castagnoli et al. 1993), is wrong about any other damage once in 2³², and takes a twentieth of the other's time.
 */
final class Checksums {

    private static final int BLOCK = 1 << 20;
    /** A segment's view as a buffer has an int for its length. */
    private static final long CHUNK = 64L << 20;

    private Checksums() {
    }

    /** Of parts one after the other, as 64 lower-case hexadecimal digits. */
    static String sha256(List<MemorySegment> parts) {
        var sum = new Sha256();
        parts.forEach(sum::addBytes);
        return sum.hex();
    }

    /** Of the next {@code bytes} bytes of a stream, or of as many as it has. */
    static String sha256(InputStream stream, long bytes) throws IOException {
        var sum = new Sha256();
        read(stream, bytes, sum::addBytes);
        return sum.hex();
    }

    /** Of a segment, as 8 lower-case hexadecimal digits. */
    static String crc32c(MemorySegment data) {
        var crc = new CRC32C();
        for (long start = 0; start < data.byteSize(); start += CHUNK) {
            crc.update(data.asSlice(start, Math.min(CHUNK, data.byteSize() - start)).asByteBuffer());
        }
        return hex(crc);
    }

    /** Of the next {@code bytes} bytes of a stream, or of as many as it has. */
    static String crc32c(InputStream stream, long bytes) throws IOException {
        var crc = new CRC32C();
        read(stream, bytes, crc::update);
        return hex(crc);
    }

    /** What takes bytes of an array: which, from where, how many. */
    private interface Sink {
        void update(byte[] block, int first, int count);
    }

    private static void read(InputStream stream, long bytes, Sink sink) throws IOException {
        var block = new byte[(int) Math.min(BLOCK, Math.max(1, bytes))];
        for (long left = bytes; left > 0;) {
            int read = stream.read(block, 0, (int) Math.min(block.length, left));
            if (read < 0) {
                break;
            }
            sink.update(block, 0, read);
            left -= read;
        }
    }

    private static String hex(Checksum crc) {
        return HexFormat.of().toHexDigits((int) crc.getValue());
    }
}
