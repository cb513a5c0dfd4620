package dev.leeway.data;

import dev.leeway.data.Report.Count;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * Encoded rows as bytes: big-endian; the report, then each unit with its number, its kind, its sequences and its margin if it has one; a
 * sequence is its length, its ids, and its mask as bits, eight a byte, the first token in the lowest one.
 */
final class EncodedFile {

    private static final int EXAMPLE = 0;
    private static final int PREFERENCE = 1;
    private static final int REJECTED = 2;
    private static final int DESIRED = 3;
    private static final int PREFERENCE_BY_MARGIN = 4;

    private EncodedFile() {}

    static void write(DataOutputStream out, RowSet<? extends Unit> rows) throws IOException {
        writeReport(out, rows.report());
        out.writeInt(rows.units().size());
        for (Unit unit : rows.units()) {
            out.writeLong(unit.unitId());
            out.writeByte(switch (unit) {
                case Example _ -> EXAMPLE;
                case PreferenceExample pair -> pair.margin().isPresent() ? PREFERENCE_BY_MARGIN : PREFERENCE;
                case LabelledExample labelled -> labelled.label() ? DESIRED : REJECTED;
            });
            for (Example sequence : unit.sequences()) {
                writeSequence(out, sequence);
            }
            if (unit instanceof PreferenceExample pair && pair.margin().isPresent()) {
                out.writeDouble(pair.margin().getAsDouble());
            }
        }
    }

    static RowSet<Unit> read(DataInputStream in) throws IOException {
        Report report = readReport(in);
        int count = in.readInt();
        List<Unit> units = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            long unitId = in.readLong();
            int kind = in.readByte();
            Example first = readSequence(in, unitId);
            units.add(switch (kind) {
                case EXAMPLE -> first;
                case PREFERENCE -> new PreferenceExample(first, readSequence(in, unitId));
                case PREFERENCE_BY_MARGIN -> new PreferenceExample(first, readSequence(in, unitId), OptionalDouble.of(in.readDouble()));
                case REJECTED, DESIRED -> new LabelledExample(first, kind == DESIRED);
                default -> throw new IOException("row " + i + " is of the unknown kind " + kind);
            });
        }
        return new RowSet<>(units, report);
    }

    private static void writeSequence(DataOutputStream out, Example example) throws IOException {
        int length = example.tokens().length;
        out.writeInt(length);
        for (int id : example.tokens()) {
            out.writeInt(id);
        }
        byte[] bits = new byte[(length + 7) / 8];
        for (int i = 0; i < length; i++) {
            bits[i / 8] |= (byte) (example.mask()[i] ? 1 << i % 8 : 0);
        }
        out.write(bits);
    }

    private static Example readSequence(DataInputStream in, long unitId) throws IOException {
        int[] tokens = new int[in.readInt()];
        for (int i = 0; i < tokens.length; i++) {
            tokens[i] = in.readInt();
        }
        byte[] bits = in.readNBytes((tokens.length + 7) / 8);
        boolean[] mask = new boolean[tokens.length];
        for (int i = 0; i < mask.length; i++) {
            mask[i] = (bits[i / 8] >> i % 8 & 1) != 0;
        }
        return new Example(tokens, mask, unitId);
    }

    private static void writeReport(DataOutputStream out, Report report) throws IOException {
        out.writeLong(report.rows());
        out.writeLong(report.tokens());
        out.writeLong(report.trainedTokens());
        for (Count count : List.of(report.truncated(), report.dropped(), report.leftOut(), report.merged(), report.spelled())) {
            out.writeLong(count.rows());
            out.writeUTF(count.first().orElse(""));
        }
    }

    private static Report readReport(DataInputStream in) throws IOException {
        return new Report(in.readLong(), in.readLong(), in.readLong(), readCount(in), readCount(in), readCount(in), readCount(in),
                readCount(in), List.of());
    }

    private static Count readCount(DataInputStream in) throws IOException {
        long rows = in.readLong();
        String first = in.readUTF();
        return new Count(rows, first.isEmpty() ? Optional.empty() : Optional.of(first));
    }
}
