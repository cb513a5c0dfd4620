package dev.leeway.data;

import dev.leeway.LeewayException;
import dev.leeway.data.Report.Count;
import java.util.List;

/** Counts what becomes of rows while they are read. */
final class Tally {

    /** One truncated row in so many is accepted unasked. */
    private static final int TRUNCATED_ONE_IN = 100;

    private long rows;
    private long tokens;
    private long trainedTokens;
    private long longest;
    private String longestPlace = "";
    private long overlong;
    private Count truncated = Count.NONE;
    private Count dropped = Count.NONE;
    private Count leftOut = Count.NONE;
    private Count merged = Count.NONE;
    private Count spelled = Count.NONE;

    /** Counts a row in and gives it its number. */
    long row() {
        return rows++;
    }

    long rows() {
        return rows;
    }

    void length(String place, int length) {
        if (length > longest) {
            longest = length;
            longestPlace = place;
        }
    }

    void kept(Unit unit) {
        tokens += unit.length();
        trainedTokens += unit.trainedTokens();
    }

    /** A row that is longer than the maximum length and is cut to it. */
    void overlong(String place) {
        overlong++;
        truncated = truncated.plus(place);
    }

    /** A row of which something else is cut, as it was asked for. */
    void shortened(String place) {
        truncated = truncated.plus(place);
    }

    void dropped(String place) {
        dropped = dropped.plus(place);
    }

    /** A row that is longer than the maximum length and may not be cut. */
    void leftOut(String place) {
        leftOut = leftOut.plus(place);
    }

    void merged(String place) {
        merged = merged.plus(place);
    }

    void spelled(String place) {
        spelled = spelled.plus(place);
    }

    /** @throws LeewayException if more rows were cut than is accepted unasked */
    void checkTruncation(DatasetReader.Options options) {
        if (overlong * TRUNCATED_ONE_IN > rows && !options.allowTruncation()) {
            throw LeewayException.usage("%,d of %,d rows (%.1f %%) are longer than max_length %d, the longest with %,d tokens at %s;"
                            + " raise --max_length, or add --allow_truncation to keep only their %s %d tokens",
                    overlong, rows, 100.0 * overlong / rows, options.maxLength(), longest, longestPlace,
                    options.truncation().keep() == Truncation.Keep.START ? "first" : "last", options.maxLength());
        }
    }

    /** @throws LeewayException if there were no rows, or none of them is left */
    void checkLeft(String files, DatasetReader.Options options) {
        if (rows == 0) {
            throw LeewayException.data("%s has no rows", files);
        }
        if (leftOut.rows() == rows) {
            throw LeewayException.data("every row of %s is longer than max_length %d, the longest with %,d tokens at %s; raise"
                            + " --max_length", files, options.maxLength(), longest, longestPlace);
        }
        if (dropped.rows() + leftOut.rows() == rows) {
            throw LeewayException.data("no row of %s has a token left to train on: of %,d rows %,d were cut to %d tokens;"
                    + " raise --max_length", files, rows, truncated.rows(), options.maxLength());
        }
    }

    Report report() {
        return new Report(rows, tokens, trainedTokens, truncated, dropped, leftOut, merged, spelled, List.of());
    }
}
