package dev.leeway.cli;

import dev.leeway.LeewayException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Locale;
import java.util.Map;
import java.util.zip.CRC32C;

/**
 * Scalars for TensorBoard: a file of TFRecords, each an {@code Event} message of TensorFlow's {@code event.proto} (wall_time 1, step 2,
 * file_version 3, summary 5; in it a value 1 has tag 1 and simple_value 2).
 *
 * <p>A TFRecord is the length (8 bytes), the masked CRC32C of these 8 bytes, the data, and the masked CRC32C of the data, little-endian;
 * masked = rotated right by 15 bits plus 0xa282ead8.
 */
final class TensorBoardEvents implements AutoCloseable {

    /** How the names of our files end. */
    static final String SUFFIX = ".leeway";

    private static final int MASK_DELTA = 0xa282ead8;
    private static final int VARINT = 0;
    private static final int FIXED64 = 1;
    private static final int LENGTH_DELIMITED = 2;
    private static final int FIXED32 = 5;

    private final Path file;
    private final FileChannel channel;

    private TensorBoardEvents(Path file, FileChannel channel) {
        this.file = file;
        this.channel = channel;
    }

    /** Begins a file in a folder, under a name that TensorBoard finds; a run that goes on begins another one. */
    static TensorBoardEvents create(Path folder, long milliseconds) {
        var file = folder.resolve(String.format(Locale.ROOT, "events.out.tfevents.%010d.%03d" + SUFFIX, milliseconds / 1000,
            milliseconds % 1000));
        try {
            Files.createDirectories(folder);
            var events = new TensorBoardEvents(file, FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE,
                StandardOpenOption.TRUNCATE_EXISTING));
            events.write(event(milliseconds, 0).bytes(3, "brain.Event:2".getBytes(StandardCharsets.US_ASCII)));
            return events;
        } catch (IOException failure) {
            throw LeewayException.resources(failure, "cannot write %s: %s", file, failure.getMessage());
        }
    }

    /** Adds values of a step. */
    void scalars(long milliseconds, long step, Map<String, Double> values) {
        var summary = new Message();
        values.forEach((tag, value) -> summary.bytes(1,
            new Message().bytes(1, tag.getBytes(StandardCharsets.UTF_8)).float32(2, value.floatValue()).toBytes()));
        write(event(milliseconds, step).bytes(5, summary.toBytes()));
    }

    private static Message event(long milliseconds, long step) {
        return new Message().float64(1, milliseconds / 1000.0).varint(2, step);
    }

    private void write(Message event) {
        try {
            var record = ByteBuffer.wrap(record(event.toBytes()));
            while (record.hasRemaining()) {
                channel.write(record);
            }
        } catch (IOException failure) {
            throw LeewayException.resources(failure, "cannot write %s: %s", file, failure.getMessage());
        }
    }

    /** Data framed as a TFRecord. */
    static byte[] record(byte[] data) {
        var length = little(Long.BYTES).putLong(data.length).array();
        return little(Long.BYTES + Integer.BYTES + data.length + Integer.BYTES).put(length).putInt(maskedCrc(length)).put(data)
            .putInt(maskedCrc(data)).array();
    }

    static int maskedCrc(byte[] data) {
        var crc = new CRC32C();
        crc.update(data);
        return Integer.rotateRight((int) crc.getValue(), 15) + MASK_DELTA;
    }

    private static ByteBuffer little(int bytes) {
        return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** A protocol buffer being written: a key of field number and wire type, then the value. */
    private static final class Message {

        private final ByteArrayOutputStream out = new ByteArrayOutputStream();

        Message varint(int field, long value) {
            key(field, VARINT);
            raw(value);
            return this;
        }

        Message float64(int field, double value) {
            key(field, FIXED64);
            out.writeBytes(little(Double.BYTES).putDouble(value).array());
            return this;
        }

        Message float32(int field, float value) {
            key(field, FIXED32);
            out.writeBytes(little(Float.BYTES).putFloat(value).array());
            return this;
        }

        Message bytes(int field, byte[] value) {
            key(field, LENGTH_DELIMITED);
            raw(value.length);
            out.writeBytes(value);
            return this;
        }

        private void key(int field, int wireType) {
            raw((long) field << 3 | wireType);
        }

        /** Seven bits a byte, the lowest first; the high bit says that another follows. */
        private void raw(long value) {
            long left = value;
            while ((left & ~0x7fL) != 0) {
                out.write((int) (left & 0x7f | 0x80));
                left >>>= 7;
            }
            out.write((int) left);
        }

        byte[] toBytes() {
            return out.toByteArray();
        }
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException failure) {
            throw LeewayException.resources(failure, "cannot write %s: %s", file, failure.getMessage());
        }
    }
}
