package dev.leeway.eval;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.stats.Interval;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;

class MeansTest {

    private record Question(String id, Map<String, String> slices) implements Item {
    }

    private static Row<Question> row(String id, int epoch, Object... measures) {
        return row(new Question(id, Map.of()), epoch, measures);
    }

    private static Row<Question> row(Question question, int epoch, Object... measures) {
        var values = new LinkedHashMap<String, Value>();
        for (int i = 0; i < measures.length; i += 2) {
            values.put((String) measures[i], measures[i + 1] instanceof Number number ? Value.of(number.doubleValue())
                : Value.missing((String) measures[i + 1]));
        }
        return new Row<>(question, Setting.BARE, epoch, new Score(values, List.of()));
    }

    @Test
    void anItemWeighsTheSameHoweverManyEpochsGaveIt() {
        var found = Means.of(List.of(row("a", 0, "score", 1), row("a", 1, "score", 0), row("a", 2, "score", 0), row("b", 0, "score", 1)));
        assertEquals(1, found.size());
        assertEquals(OptionalDouble.of((1.0 / 3 + 1) / 2), found.getFirst().value()); // not 2 of 4
        assertEquals(2, found.getFirst().items());
    }

    @Test
    void whatIsMissingIsCountedAndIsNotZero() {
        var found = Means.of(List.of(row("a", 0, "score", 4), row("a", 1, "score", "the judge wrote nothing"), row("b", 0, "score", "too"),
            row("b", 1, "score", "too"), row("c", 0, "score", 1), row("c", 1, "score", 2))).getFirst();
        assertEquals(OptionalDouble.of((4 + 1.5) / 2), found.value());
        assertEquals(2, found.items());
        assertEquals(3, found.missing());
    }

    @Test
    void sharesOfOneEpochHaveWilsonsInterval() {
        var rows = new ArrayList<Row<Question>>();
        for (int i = 0; i < 10; i++) {
            rows.add(row("item " + i, 0, "right", i < 4 ? 1 : 0));
        }
        var interval = Means.of(rows).getFirst().interval().orElseThrow();
        assertEquals(0.168180, interval.low(), 5e-7); // by hand: (p + z²/2n ∓ z √(p(1−p)/n + z²/4n²)) / (1 + z²/n), z = 1.959964
        assertEquals(0.687326, interval.high(), 5e-7);
    }

    @Test
    void sharesWithAMissingAnswerHaveWilsonsIntervalOverTheOthers() {
        var found = Means.of(List.of(row("a", 0, "right", 1), row("b", 0, "right", "cut"))).getFirst();
        assertEquals(1, found.missing());
        assertEquals(0.206549, found.interval().orElseThrow().low(), 5e-7); // 1/(1 + z²)
        assertEquals(1, found.interval().orElseThrow().high());
    }

    @Test
    void sharesOfSeveralEpochsAndOtherNumbersAreResampledByItem() {
        var rows = new ArrayList<Row<Question>>();
        for (int i = 0; i < 40; i++) {
            rows.add(row("item " + i, 0, "right", i % 2));
            rows.add(row("item " + i, 1, "right", i % 2));
        }
        var found = Means.of(rows).getFirst();
        // items are Bernoulli(1/2): a mean of 40 has the deviation 0.0791, so the interval is about 0.5 ± 0.155; with epochs ± 0.110
        var interval = found.interval().orElseThrow();
        assertEquals(0.345, interval.low(), 0.026); // one step of the mean of 40 items
        assertEquals(0.655, interval.high(), 0.026);
        assertEquals(Optional.of(interval), Means.of(rows).getFirst().interval());
        assertEquals(Optional.empty(), Means.of(List.of(row("a", 0, "score", 2.5))).getFirst().interval());
        assertEquals(Optional.of(new Interval(2, 2)), Means.of(List.of(row("a", 0, "x", 2), row("b", 0, "x", 2))).getFirst().interval());
    }

    @Test
    void slicesAndMeasuresThatAnItemDoesNotHaveAreLeftOut() {
        var es = new Question("a", Map.of("language", "es"));
        var en = new Question("b", Map.of("language", "en"));
        var found = Means.of(List.of(row(es, 0, "score", 1), row(en, 0, "score", 0, "harm", 7)));
        assertEquals(List.of("score:", "score:language=es", "score:language=en", "harm:", "harm:language=en"),
            found.stream().map(one -> one.name() + ":" + one.slice()).toList());
        assertEquals(List.of(0.5, 1.0, 0.0, 7.0, 7.0), found.stream().map(one -> one.value().orElseThrow()).toList());
        assertTrue(found.stream().allMatch(one -> one.missing() == 0));
    }

    @Test
    void aMeasureThatIsMissingEverywhereHasNoNumber() {
        var found = Means.of(List.of(row("a", 0, "score", "no"), row("b", 0, "score", "no"))).getFirst();
        assertEquals(new Statistic("score", "", OptionalDouble.empty(), Optional.empty(), 0, 2), found);
    }

    @Test
    void measuresMadeOfSeveralAreAveragedAlike() {
        var rows = List.of(row("a", 0, "x", 1, "y", 3), row("b", 0, "x", 2, "y", 8));
        var found = Means.of("y - x", rows, row -> Optional.of(Value.of(row.score().value("y").asNumber().orElseThrow()
            - row.score().value("x").asNumber().orElseThrow())));
        assertEquals(OptionalDouble.of(4), found.getFirst().value());
    }
}
