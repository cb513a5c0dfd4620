package dev.leeway.cli;

import dev.leeway.LeewayException;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.Optional;

/** What the scores of all rows come to, and how far scoring is. */
final class ScoreSummary {

    private static final double SECONDS_BETWEEN = 5;
    /** Of the normal distribution at 97.5 %. */
    private static final double Z = 1.96;

    private final int rows;
    private final boolean pairs;
    private final String what;
    private final long begin = System.nanoTime();
    private double toldAt;
    private int done;
    private int leftOut;
    private Optional<String> firstLeftOut = Optional.empty();
    private int right;
    private int scored;
    private double mean;
    private double squares;
    private double least = Double.POSITIVE_INFINITY;
    private double most = Double.NEGATIVE_INFINITY;

    /** Of so many rows; {@code what} is said of each text, such as its score. */
    ScoreSummary(int rows, boolean pairs, String what) {
        this.rows = rows;
        this.pairs = pairs;
        this.what = what;
    }

    void add(ScoreRow row, Optional<RowScore> score) {
        done++;
        leftOut += score.isEmpty() ? 1 : 0;
        firstLeftOut = firstLeftOut.or(() -> row.leftOut().map(reason -> row.place() + ": " + reason));
        score.ifPresent(found -> {
            double value = pairs ? found.margin() : found.texts().getFirst().value();
            right += value > 0 ? 1 : 0;
            scored++;
            double step = value - mean; // Welford 1962
            mean += step / scored;
            squares += step * (value - mean);
            least = Math.min(least, value);
            most = Math.max(most, value);
        });
    }

    private double seconds() {
        return (System.nanoTime() - begin) * 1e-9;
    }

    /** A line now and then. */
    void progress(PrintWriter err) {
        double seconds = seconds();
        if (seconds - toldAt >= SECONDS_BETWEEN && done < rows) {
            toldAt = seconds;
            err.println(String.format(Locale.ROOT, "  %,d of %,d rows, %.1f a second, ETA %s", done, rows, done / seconds,
                Figures.duration((rows - done) * seconds / done)));
        }
    }

    /** Refuses rows of which none had a score. */
    void requireScored() {
        if (scored == 0) {
            throw LeewayException.data("none of %,d rows was scored%s; name other rows, or another --max_length", rows,
                firstLeftOut.map(reason -> " (" + reason + ")").orElse(""));
        }
    }

    /** All of it in a line; at least one row was scored. */
    String text() {
        var out = leftOut == 0 ? "" : String.format(Locale.ROOT, "; %,d rows are not scored, and say why", leftOut);
        var spread = scored == 1 ? "" : String.format(Locale.ROOT, " (standard deviation %s, from %s to %s)",
            Figures.loss(Math.sqrt(squares / (scored - 1))), Figures.loss(least), Figures.loss(most));
        var counted = pairs ? String.format(Locale.ROOT, "%,d pairs, accuracy %.1f %%%s, mean margin of the %s ", scored,
            100.0 * right / scored, interval(), what) : String.format(Locale.ROOT, "%,d rows, mean %s ", scored, what);
        return counted + Figures.loss(mean) + spread + out + ", in " + Figures.duration(seconds());
    }

    /** Wilson's for a share (Wilson 1927). */
    private String interval() {
        double share = (double) right / scored;
        double centre = (share + Z * Z / (2 * scored)) / (1 + Z * Z / scored);
        double half = Z / (1 + Z * Z / scored) * Math.sqrt(share * (1 - share) / scored + Z * Z / (4.0 * scored * scored));
        return String.format(Locale.ROOT, " (95 %% interval %.1f to %.1f)", 100 * (centre - half), 100 * (centre + half));
    }
}
