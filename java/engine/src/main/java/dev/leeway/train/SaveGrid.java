package dev.leeway.train;

import dev.leeway.LeewayException;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * Behind which steps a checkpoint is taken and stays, as users write it: {@code log} is 0, 1, 2, 4, 8 and so on, since values move most in
 * the beginning; {@code every:N} is 0 and each Nth step; else a list of steps. A number with an {@code e} counts epochs: {@code
 * every:0.5e}, {@code 0,1e,2.5e}. A share of an epoch that ends between two steps counts to the nearest one.
 */
public final class SaveGrid {

    private static final Pattern POINT = Pattern.compile("(\\d{1,9}|\\d{0,6}\\.\\d{1,6}(?=e))(e?)");

    private enum Kind { LOG, EVERY, LISTED }

    private record Point(double number, boolean isEpochs) {
    }

    private final String text;
    private final Kind kind;
    private final List<Point> points;

    private SaveGrid(String text, Kind kind, List<Point> points) {
        this.text = text;
        this.kind = kind;
        this.points = points;
    }

    /**
     * Reads a grid.
     *
     * @throws LeewayException if it has none of the forms
     */
    public static SaveGrid parse(String text) {
        if (text.equals("log")) {
            return new SaveGrid(text, Kind.LOG, List.of());
        }
        boolean isEvery = text.startsWith("every:");
        var points = List.of((isEvery ? text.substring("every:".length()) : text).split(",", -1)).stream()
            .map(point -> point(text, point)).toList();
        if (isEvery && (points.size() > 1 || points.getFirst().number() == 0)) {
            throw wrong(text);
        }
        return new SaveGrid(text, isEvery ? Kind.EVERY : Kind.LISTED, points);
    }

    private static Point point(String text, String point) {
        var found = POINT.matcher(point.strip());
        if (!found.matches()) {
            throw wrong(text);
        }
        return new Point(Double.parseDouble(found.group(1)), !found.group(2).isEmpty());
    }

    private static LeewayException wrong(String text) {
        return LeewayException.usage("save_at: '%s' is none of log, every:N and a list of steps, such as log, every:100, every:0.5e and "
            + "0,1e,2.5e (e = epochs)", text);
    }

    /**
     * The steps of a run, in order.
     *
     * @param totalSteps of the run
     * @param stepsPerEpoch of its data, where that is known
     * @throws LeewayException if a listed step is behind the run's end, or epochs are asked for and not known
     */
    public SortedSet<Integer> steps(int totalSteps, OptionalInt stepsPerEpoch) {
        var steps = new TreeSet<Integer>();
        switch (kind) {
            case LOG -> {
                steps.add(0);
                for (long step = 1; step <= totalSteps; step *= 2) {
                    steps.add((int) step);
                }
            }
            case EVERY -> {
                double distance = steps(points.getFirst(), stepsPerEpoch);
                for (long i = 0; Math.round(i * distance) <= totalSteps; i++) {
                    steps.add((int) Math.round(i * distance));
                }
            }
            case LISTED -> points.forEach(point -> steps.add((int) Math.round(steps(point, stepsPerEpoch))));
        }
        Optional.of(steps.last()).filter(last -> last > totalSteps).ifPresent(last -> {
            throw LeewayException.usage("save_at: '%s' names step %d, and the run has %d; take it out, or train longer", text, last,
                totalSteps);
        });
        return steps;
    }

    private double steps(Point point, OptionalInt stepsPerEpoch) {
        if (!point.isEpochs()) {
            return point.number();
        }
        return point.number() * stepsPerEpoch.orElseThrow(() -> LeewayException.usage("save_at: '%s' counts epochs, and it isn't known how "
            + "many steps one has, as with --streaming; give steps", text));
    }
}
