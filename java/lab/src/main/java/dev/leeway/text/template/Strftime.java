package dev.leeway.text.template;

import java.time.ZonedDateTime;
import java.time.temporal.ChronoField;
import java.time.temporal.IsoFields;
import java.util.Locale;
import java.util.StringJoiner;

/** Dates and times by C's {@code strftime} patterns, in the C locale; {@code %-d} leaves out the padding. */
final class Strftime {

    /** What a field costs to make, as if it were so many characters. */
    private static final int COST = 128;

    private Strftime() {}

    static String format(String pattern, ZonedDateTime time, Budget budget) {
        var out = new Output(budget);
        int i = 0;
        while (i < pattern.length()) {
            char c = pattern.charAt(i++);
            if (c != '%' || i == pattern.length()) {
                out.append(c);
                continue;
            }
            budget.chars(COST);
            boolean bare = pattern.charAt(i) == '-' && i + 1 < pattern.length();
            i += bare ? 1 : 0;
            String field = field(pattern.charAt(i++), time);
            out.append(bare ? withoutPadding(field) : field);
        }
        return out.toString();
    }

    private static String field(char directive, ZonedDateTime t) {
        return switch (directive) {
            case 'a' -> word(t.getDayOfWeek()).substring(0, 3);
            case 'A' -> word(t.getDayOfWeek());
            case 'b', 'h' -> word(t.getMonth()).substring(0, 3);
            case 'B' -> word(t.getMonth());
            case 'c' -> fields("abeTY", " ", t);
            case 'x', 'D' -> fields("mdy", "/", t);
            case 'X', 'T' -> fields("HMS", ":", t);
            case 'R' -> fields("HM", ":", t);
            case 'r' -> fields("IMS", ":", t) + " " + half(t);
            case 'F' -> fields("Ymd", "-", t);
            case 'p' -> half(t);
            case 'P' -> half(t).toLowerCase(Locale.ROOT);
            case 'n' -> "\n";
            case 't' -> "\t";
            case '%' -> "%";
            case 'z', 'Z' -> "";
            default -> number(directive, t);
        };
    }

    private static String number(char directive, ZonedDateTime t) {
        int weekday = t.getDayOfWeek().getValue();
        return switch (directive) {
            case 'd' -> two(t.getDayOfMonth());
            case 'e' -> padded(t.getDayOfMonth(), 2, ' ');
            case 'f' -> padded(t.getNano() / 1000, 6, '0');
            case 'H' -> two(t.getHour());
            case 'I' -> two(t.get(ChronoField.CLOCK_HOUR_OF_AMPM));
            case 'k' -> padded(t.getHour(), 2, ' ');
            case 'l' -> padded(t.get(ChronoField.CLOCK_HOUR_OF_AMPM), 2, ' ');
            case 'j' -> padded(t.getDayOfYear(), 3, '0');
            case 'm' -> two(t.getMonthValue());
            case 'M' -> two(t.getMinute());
            case 'S' -> two(t.getSecond());
            case 's' -> Long.toString(t.toEpochSecond());
            case 'u' -> Integer.toString(weekday);
            case 'w' -> Integer.toString(weekday % 7);
            case 'U' -> two((t.getDayOfYear() + 6 - weekday % 7) / 7);
            case 'W' -> two((t.getDayOfYear() + 7 - weekday) / 7);
            case 'V' -> two(t.get(IsoFields.WEEK_OF_WEEK_BASED_YEAR));
            case 'G' -> Integer.toString(t.get(IsoFields.WEEK_BASED_YEAR));
            case 'g' -> two(t.get(IsoFields.WEEK_BASED_YEAR) % 100);
            case 'C' -> two(t.getYear() / 100);
            case 'y' -> two(t.getYear() % 100);
            case 'Y' -> Integer.toString(t.getYear());
            default -> "%" + directive;
        };
    }

    private static String fields(String directives, String separator, ZonedDateTime time) {
        var out = new StringJoiner(separator);
        for (char directive : directives.toCharArray()) {
            out.add(field(directive, time));
        }
        return out.toString();
    }

    /** The English name of a day or month: its constant's, in title case. */
    private static String word(Enum<?> dayOrMonth) {
        return dayOrMonth.name().charAt(0) + dayOrMonth.name().substring(1).toLowerCase(Locale.ROOT);
    }

    private static String half(ZonedDateTime time) {
        return time.getHour() < 12 ? "AM" : "PM";
    }

    private static String two(int number) {
        return padded(number, 2, '0');
    }

    private static String padded(int number, int width, char padding) {
        String digits = Integer.toString(number);
        return String.valueOf(padding).repeat(Math.max(0, width - digits.length())) + digits;
    }

    private static String withoutPadding(String field) {
        String bare = CodePoints.stripStart(field, c -> c == '0' || c == ' ');
        return bare.isEmpty() || !Character.isDigit(bare.charAt(0)) && Character.isDigit(field.charAt(0)) ? "0" : bare;
    }
}
