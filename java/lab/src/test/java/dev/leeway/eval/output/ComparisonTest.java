package dev.leeway.eval.output;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.eval.Card.Kind;
import dev.leeway.eval.Value;
import dev.leeway.eval.output.Comparison.Changes;
import dev.leeway.eval.output.Comparison.Test;
import dev.leeway.stats.Bootstrap;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

final class ComparisonTest {

    private static final Bootstrap BOOTSTRAP = new Bootstrap(1000, 0.95, 0);
    private static final ItemValue.Cell CELL = new ItemValue.Cell("b", "m", "none", "plain");

    private static ItemValue value(String item, int epoch, Value value) {
        return new ItemValue("model", CELL, item, epoch, value);
    }

    /** One epoch; NaN stands for a value that is missing. */
    private static List<ItemValue> values(double... numbers) {
        var values = new ArrayList<ItemValue>();
        for (double number : numbers) {
            values.add(value("item " + values.size(), 0, Double.isNaN(number) ? Value.missing("none") : Value.of(number)));
        }
        return values;
    }

    /** Five items become right and one wrong: P(at most 1 of 6) = 7/64, twice. */
    @org.junit.jupiter.api.Test
    void outcomesAreTestedByMcNemar() {
        var found = Comparison.of(values(0, 0, 0, 0, 0, 1, 1, 0), values(1, 1, 1, 1, 1, 0, 1, 0), Kind.BINARY, BOOTSTRAP);
        assertEquals(Test.MCNEMAR, found.finding().test());
        assertEquals(14.0 / 64, found.finding().p().orElseThrow(), 1e-15);
        assertEquals(Optional.of(new Changes(5, 1)), found.finding().changed());
        assertEquals(new Comparison.Sides(8, 0, OptionalDouble.of(0.25), OptionalDouble.of(0.75)), found.sides());
        assertEquals(0.5, found.sides().difference().orElseThrow());
        assertTrue(found.interval().orElseThrow().contains(0.5) && found.interval().orElseThrow().low() < 0.5);
    }

    /** Differences 1, 2, 3: t = 2√3 with 2 degrees of freedom, p = 1 − t/√(2 + t²); all three ranks are positive, p = 2/8. */
    @org.junit.jupiter.api.Test
    void numbersAreTestedByAPairedT() {
        var found = Comparison.of(values(1, 1, 1), values(2, 3, 4), Kind.REAL, BOOTSTRAP);
        assertEquals(Test.PAIRED_T, found.finding().test());
        assertEquals(1 - Math.sqrt(12) / Math.sqrt(14), found.finding().p().orElseThrow(), 1e-9); // hipparchus' bound on the beta function
        assertEquals(0.25, found.finding().signedRanks().orElseThrow());
        assertEquals(2, found.sides().difference().orElseThrow());
        assertEquals(Optional.empty(), found.finding().changed());
    }

    @org.junit.jupiter.api.Test
    void numbersThatHappenToBeZeroOrOneAreNoOutcomesAndOutcomesOfSeveralEpochsAreNumbers() {
        assertEquals(Test.PAIRED_T, Comparison.of(values(0, 1, 1), values(1, 1, 0), Kind.REAL, BOOTSTRAP).finding().test());
        var twice = new ArrayList<>(values(0, 1, 1));
        twice.addAll(List.of(value("item 0", 1, Value.of(1)), value("item 1", 1, Value.of(1)), value("item 2", 1, Value.of(1))));
        var found = Comparison.of(twice, values(1, 0, 1), Kind.BINARY, BOOTSTRAP);
        assertEquals(Test.PAIRED_T, found.finding().test());
        assertEquals(2.5 / 3, found.sides().first().orElseThrow(), 1e-15, "epochs of an item are averaged first");
    }

    @org.junit.jupiter.api.Test
    void itemsThatOneSideLacksAreCountedAndLeftOutOfBoth() {
        var shorter = values(1, 0, Double.NaN);
        var longer = values(1, Double.NaN, 1, 0, 1);
        var found = Comparison.of(shorter, longer, Kind.BINARY, BOOTSTRAP);
        assertEquals(new Comparison.Sides(1, 4, OptionalDouble.of(1), OptionalDouble.of(1)), found.sides());
        assertEquals(OptionalDouble.empty(), found.finding().p());
        assertEquals("fewer than two items have a value under both", found.finding().note());
    }

    @org.junit.jupiter.api.Test
    void differencesWithoutSpreadHaveNoPOfAMeanAndSayWhy() {
        var found = Comparison.of(values(1, 2, 3), values(2, 3, 4), Kind.REAL, BOOTSTRAP);
        assertEquals(OptionalDouble.empty(), found.finding().p());
        assertTrue(found.finding().note().contains("all differences are 1.0"), found.finding().note());
        var same = Comparison.of(values(1, 2, 3), values(1, 2, 3), Kind.REAL, BOOTSTRAP);
        assertEquals(OptionalDouble.of(1), same.finding().p());
    }
}
