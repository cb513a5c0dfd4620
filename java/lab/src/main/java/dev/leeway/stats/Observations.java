package dev.leeway.stats;

import dev.leeway.LeewayException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** Rows of a regression as named columns: numbers, or factors with a reference level. */
public final class Observations {

    /**
     * A number, or an indicator of each level but the first.
     *
     * @param levels of a factor, its reference first; empty for a number
     * @param values numbers, or numbers of levels
     */
    private record Column(List<String> levels, double[] values) {

        int width() {
            return levels.isEmpty() ? 1 : levels.size() - 1;
        }

        double value(int row, int part) {
            return levels.isEmpty() ? values[row] : values[row] == part + 1 ? 1 : 0;
        }

        String label(String name, int part) {
            return levels.isEmpty() ? name : name + "[" + levels.get(part + 1) + "]";
        }
    }

    private final int rows;
    private final Map<String, Column> columns;

    private Observations(int rows, Map<String, Column> columns) {
        this.rows = rows;
        this.columns = columns;
    }

    /** So many rows without columns. */
    public static Observations ofRows(int rows) {
        return new Observations(rows, Map.of());
    }

    /** How many there are. */
    public int rows() {
        return rows;
    }

    /** The same with a column of numbers, in the place of one of that name. */
    public Observations withNumber(String name, double... values) {
        return with(name, new Column(List.of(), Check.sample("column " + name, values, 0).clone()));
    }

    /** The same with one number in all rows. */
    public Observations withNumber(String name, double value) {
        var values = new double[rows];
        Arrays.fill(values, value);
        return with(name, new Column(List.of(), values));
    }

    /** The same with a column of names; {@code reference} is the level that the others are compared with. */
    public Observations withFactor(String name, String reference, String... values) {
        var others = Arrays.stream(values).distinct().filter(level -> !level.equals(reference)).sorted().toList();
        if (others.isEmpty()) {
            throw LeewayException.data("factor %s has no level but %s, so nothing can be compared; leave it out", name, reference);
        }
        var levels = new java.util.ArrayList<>(List.of(reference));
        levels.addAll(others);
        return with(name, new Column(List.copyOf(levels), Arrays.stream(values).mapToDouble(levels::indexOf).toArray()));
    }

    private Observations with(String name, Column column) {
        if (column.values().length != rows) {
            throw LeewayException.data("column %s has %d values for %d rows", name, column.values().length, rows);
        }
        var more = new LinkedHashMap<>(columns);
        more.put(name, column);
        return new Observations(rows, more);
    }

    private Column column(String name) {
        var column = columns.get(name);
        if (column == null) {
            throw LeewayException.usage("no column is called %s; there are %s", name, columns.keySet());
        }
        return column;
    }

    /** Whether a column holds numbers, not levels. */
    boolean isNumber(String name) {
        return column(name).levels().isEmpty();
    }

    /** Whether a column holds nothing but 0 and 1. */
    boolean isIndicator(String name) {
        return isNumber(name) && Arrays.stream(column(name).values()).allMatch(value -> value == 0 || value == 1);
    }

    /** How many columns of a design a term makes: the product of its factors' levels but one. */
    int width(Term term) {
        return term.columns().stream().mapToInt(name -> column(name).width()).reduce(1, (a, b) -> a * b);
    }

    /** What a term's design column is called: {@code ft:context[sad]}. */
    String label(Term term, int part) {
        var parts = split(term, part);
        return String.join(":", IntStream.range(0, parts.length).mapToObj(i -> column(term.columns().get(i)).label(term.columns().get(i),
            parts[i])).toList());
    }

    /** The term's design column in every row. */
    double[] values(Term term, int part) {
        var parts = split(term, part);
        var values = new double[rows];
        Arrays.fill(values, 1);
        for (int i = 0; i < parts.length; i++) {
            var column = column(term.columns().get(i));
            int level = parts[i];
            Arrays.setAll(values, row -> values[row] * column.value(row, level));
        }
        return values;
    }

    private int[] split(Term term, int part) {
        var parts = new int[term.columns().size()];
        int rest = part;
        for (int i = parts.length - 1; i >= 0; i--) {
            int width = column(term.columns().get(i)).width();
            parts[i] = rest % width;
            rest /= width;
        }
        return parts;
    }
}
