package dev.leeway.data;

import dev.leeway.LeewayException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Rows to train on and rows to validate with.
 *
 * @param <U>        what a row became
 * @param train      the larger part
 * @param validation rows that training never sees
 */
public record Split<U extends Unit>(RowSet<U> train, RowSet<U> validation) {

    /**
     * Sets a fraction of the rows aside, at least one. Which ones depends on seed and unit id alone: each row draws a number, and those
     * with the smallest numbers go. So a larger fraction contains a smaller one, and rows appended to the data move few others.
     *
     * @param fraction more than 0, less than 1
     * @throws LeewayException if the fraction is not, or if a part would be empty
     */
    public static <U extends Unit> Split<U> of(RowSet<U> rows, double fraction, long seed) {
        if (!(fraction > 0 && fraction < 1)) {
            throw LeewayException.usage("validation_split must be a fraction between 0 and 1, found %s", fraction);
        }
        if (rows.units().size() < 2) {
            throw LeewayException.usage("validation_split needs at least 2 rows, found %d; give validation rows in a file of their own",
                    rows.units().size());
        }
        int aside = Math.clamp(Math.round(rows.units().size() * fraction), 1, rows.units().size() - 1);
        Comparator<U> byDraw = Comparator.comparingLong(unit -> new Draws(seed, unit.unitId()).next());
        Set<Long> chosen = new HashSet<>();
        rows.units().stream().sorted(byDraw.thenComparing(Unit::unitId)).limit(aside).forEach(unit -> chosen.add(unit.unitId()));
        List<U> train = new ArrayList<>();
        List<U> validation = new ArrayList<>();
        rows.units().forEach(unit -> (chosen.contains(unit.unitId()) ? validation : train).add(unit));
        return new Split<>(part(train, rows.report()), part(validation, rows.report()));
    }

    /** Supervised rows in two parts. */
    public static Split<Example> of(Dataset dataset, double fraction, long seed) {
        return of(dataset.rows(), fraction, seed);
    }

    /** What happened to rows on the way in is known for all of them together and said in both parts. */
    private static <U extends Unit> RowSet<U> part(List<U> units, Report whole) {
        long tokens = units.stream().mapToLong(Unit::length).sum();
        long trained = units.stream().mapToLong(Unit::trainedTokens).sum();
        return new RowSet<>(units, new Report(units.size(), tokens, trained, whole.truncated(), whole.dropped(), whole.leftOut(),
                whole.merged(), whole.spelled(), whole.warnings()));
    }
}
