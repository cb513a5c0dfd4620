package dev.leeway.eval.output;

import java.util.List;
import java.util.stream.Collectors;

/** Lines of CSV (RFC 4180, but for the line end, which is a line feed). */
public final class CsvText {

    private CsvText() {
    }

    /** A line of fields, with its end. */
    public static String line(List<String> fields) {
        return fields.stream().map(CsvText::field).collect(Collectors.joining(",", "", "\n"));
    }

    private static String field(String text) {
        boolean plain = text.chars().noneMatch(one -> one == ',' || one == '"' || one == '\n' || one == '\r');
        return plain ? text : '"' + text.replace("\"", "\"\"") + '"';
    }

    /** A number, which reads back as the same bits; whole ones without a point. */
    public static String number(double number) {
        return number == Math.rint(number) && Math.abs(number) < 1e15 ? Long.toString((long) number) : Double.toString(number);
    }
}
