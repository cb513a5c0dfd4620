package dev.leeway.eval;

import dev.leeway.stats.Interval;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * A number about many items.
 *
 * @param name the measure, or what is made of several
 * @param slice of which items: empty = all, else {@code key=value}
 * @param value the number; empty where every item lacks it
 * @param interval of 95 %, where there is one
 * @param items that it was taken over
 * @param missing answers left out of it
 */
public record Statistic(String name, String slice, OptionalDouble value, Optional<Interval> interval, long items, long missing) {
}
