package dev.leeway.eval;

import java.util.List;
import java.util.OptionalInt;

/** Texts that end an answer. */
final class StopText {

    private StopText() {
    }

    /** The text up to where the first of the stops begins. */
    static String cut(String text, List<String> stops) {
        var end = firstIn(text, stops);
        return end.isPresent() ? text.substring(0, end.getAsInt()) : text;
    }

    /** Where the first of the stops begins. */
    static OptionalInt firstIn(String text, List<String> stops) {
        return stops.stream().filter(stop -> !stop.isEmpty()).mapToInt(text::indexOf).filter(place -> place >= 0).min();
    }
}
