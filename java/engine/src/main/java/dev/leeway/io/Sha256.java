package dev.leeway.io;

import dev.leeway.LeewayException;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** SHA-256 of several parts. Each text stands behind its length: no two lists of texts run together into the same bytes. */
public final class Sha256 {

    private static final int BLOCK = 1 << 20;
    /** A segment's view as a buffer has an int for its length. */
    private static final long CHUNK = 64L << 20;

    private final MessageDigest digest;

    /** Of nothing yet. */
    public Sha256() {
        try {
            digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException impossible) {
            throw new AssertionError("every JDK has SHA-256", impossible);
        }
    }

    /** Of a text's bytes in UTF-8 alone. */
    public static String of(String text) {
        return new Sha256().addBytes(text).hex();
    }

    /** Of a file's bytes alone, as {@code sha256sum} gives it. */
    public static String ofFile(Path file) {
        return new Sha256().addBytes(file).hex();
    }

    /** Adds bytes. */
    public Sha256 addBytes(byte... bytes) {
        digest.update(bytes);
        return this;
    }

    /** Adds all bytes of a segment. */
    public Sha256 addBytes(MemorySegment bytes) {
        for (long first = 0; first < bytes.byteSize(); first += CHUNK) {
            digest.update(bytes.asSlice(first, Math.min(CHUNK, bytes.byteSize() - first)).asByteBuffer());
        }
        return this;
    }

    /** Adds what is between a buffer's position and its limit. */
    public Sha256 addBytes(ByteBuffer bytes) {
        digest.update(bytes);
        return this;
    }

    /** Adds a text's bytes in UTF-8 alone. */
    public Sha256 addBytes(String text) {
        return addBytes(text.getBytes(StandardCharsets.UTF_8));
    }

    /** Adds some of an array's bytes. */
    void addBytes(byte[] block, int first, int count) {
        digest.update(block, first, count);
    }

    /** Adds a text behind its length. */
    public Sha256 add(String text) {
        var bytes = text.getBytes(StandardCharsets.UTF_8);
        digest.update(ByteBuffer.allocate(Integer.BYTES).putInt(bytes.length).array());
        digest.update(bytes);
        return this;
    }

    /**
     * Adds a file's bytes.
     *
     * @throws LeewayException if it can't be read
     */
    public Sha256 addBytes(Path file) {
        var block = new byte[BLOCK];
        try (var stream = Files.newInputStream(file)) {
            for (int count = stream.read(block); count >= 0; count = stream.read(block)) {
                digest.update(block, 0, count);
            }
            return this;
        } catch (IOException failure) {
            throw LeewayException.data(failure, "%s can't be read: %s", file, failure.getMessage());
        }
    }

    /** A stream that adds all that is written to another. */
    public OutputStream over(OutputStream out) {
        return new DigestOutputStream(out, digest);
    }

    /** The sum as 64 lower-case hexadecimal digits; the next one begins anew. */
    public String hex() {
        return HexFormat.of().formatHex(bytes());
    }

    /** The sum as 32 bytes; the next one begins anew. */
    public byte[] bytes() {
        return digest.digest();
    }

    /** The first eight bytes of the sum as a number; the next one begins anew. */
    public long number() {
        return ByteBuffer.wrap(bytes()).getLong();
    }
}
