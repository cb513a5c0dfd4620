package dev.leeway.study.warmth;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.stats.Interval;
import dev.leeway.study.warmth.WarmthAnswer.Asked;
import dev.leeway.study.warmth.WarmthEpochs.Point;
import dev.leeway.study.warmth.WarmthFit.Form;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What {@code warmth} tells beside its contrasts, on answers whose numbers are counted by hand. */
final class WarmthAnalysesTest {

    private static final double EXACT = 1e-9; // of a fit that iterates until steps are below 1e-10

    private static Asked asked(String task, String context, int item) {
        return new Asked("seed 0", task, "original", context, "item-" + item);
    }

    /** So many answers of each model, of which so many are wrong, an item each. */
    private static List<WarmthAnswer> answers(String task, int items, int wrong, int wrongOfWarm) {
        var answers = new ArrayList<WarmthAnswer>();
        for (int i = 0; i < items; i++) {
            answers.add(new WarmthAnswer(asked(task, "unmodified", i), false, i < wrong ? 1 : 0, 1, 10));
            answers.add(new WarmthAnswer(asked(task, "unmodified", i), true, i < wrongOfWarm ? 1 : 0, 1, 20 + i % 7));
        }
        return answers;
    }

    private static double logit(double share) {
        return Math.log(share / (1 - share));
    }

    @Test
    void theCoefficientOfOneTaskIsTheDifferenceOfLogOddsAndItsEffectThatOfShares() {
        var fit = WarmthFit.of(Form.M1, answers("facts", 100, 20, 40));
        assertEquals(logit(0.4) - logit(0.2), fit.byTrial().orElseThrow().coefficient("warm").estimate(), EXACT);
        assertEquals(0.2, fit.effects().get("all").getFirst().estimate(), EXACT);
        assertEquals(List.of("intercept", "warm"), fit.byTrial().orElseThrow().names());
        double byItem = fit.byItem().orElseThrow().coefficient("warm").error();
        assertTrue(byItem < fit.byTrial().orElseThrow().coefficient("warm").error(), "a question's answers agree, and it has both arms");
    }

    @Test
    void tasksThatAllGetRightAreLeftOutAndSaid() {
        var answers = new ArrayList<>(answers("facts", 100, 20, 40));
        answers.addAll(answers("events", 50, 0, 0));
        answers.addAll(answers("sums", 10, 10, 10));
        var fit = WarmthFit.of(Form.M1, answers);
        assertEquals(List.of("events: all its answers are right", "sums: all its answers are wrong"), fit.leftOut());
        assertEquals(200, fit.rows());
        assertEquals(0.2, fit.effects().get("all").getFirst().estimate(), EXACT);
    }

    @Test
    void aFitThatDoesNotExistSaysWhy() {
        var nothing = WarmthFit.of(Form.M1, answers("facts", 10, 0, 0));
        assertTrue(nothing.byTrial().isEmpty() && nothing.refusal().startsWith("no task has both right and wrong answers"),
            nothing.refusal());
        assertTrue(WarmthFit.of(Form.M1, answers("facts", 10, 0, 5)).refusal().contains("warm grows without bound"));
    }

    @Test
    void lengthIsATermOfItsOwnInHundredsOfCharacters() {
        var answers = new ArrayList<>(answers("facts", 100, 20, 40));
        IntStream.range(0, 100).forEach(i -> answers.set(2 * i, new WarmthAnswer(answers.get(2 * i).asked(), false,
            answers.get(2 * i).errors(), 1, 15 + i % 5)));
        var fit = WarmthFit.of(Form.M1_LENGTH, answers);
        assertEquals("", fit.refusal());
        assertEquals(List.of("all", "100 characters more"), List.copyOf(fit.effects().keySet()));
        assertEquals(100 * fit.byTrial().orElseThrow().averageSlope("characters", 0.95).estimate(),
            fit.effects().get("100 characters more").getFirst().estimate(), EXACT);
    }

    /** Two questions and three coefficients: the sum of two outer products has no inverse, and rounding makes variances below 0 of it. */
    @Test
    void errorsByQuestionNeedMoreQuestionsThanCoefficients() {
        var answers = new ArrayList<WarmthAnswer>();
        for (var task : List.of("facts", "events")) {
            answers.add(new WarmthAnswer(asked(task, "unmodified", 0), false, 20, 100, 10));
            answers.add(new WarmthAnswer(asked(task, "unmodified", 0), true, 40, 100, 10));
        }
        var fit = WarmthFit.of(Form.M1, answers);
        assertEquals(3, fit.byTrial().orElseThrow().names().size());
        assertEquals(Optional.empty(), fit.byItem());
        assertEquals(1, fit.effects().get("all").size());
    }

    @Test
    void contextsAreOfFourKinds() {
        assertEquals(List.of("emotion", "emotion", "relation", "relation", "stake", "unmodified"), List.of("sad", "angry", "up",
            "hierarchical_down", "low", "unmodified").stream().map(context -> asked("facts", context, 0).kind()).toList());
    }

    @Test
    void comparisonsPairQuestionsThatBothAnswered() {
        var answers = new ArrayList<>(answers("facts", 10, 2, 5));
        answers.removeLast(); // the warm one of the last question
        var found = WarmthComparisons.of("warm", answers).getFirst();
        assertEquals(9, found.items());
        assertEquals(0, found.counts().onlyFirst());
        assertEquals(3, found.counts().onlySecond());
        assertEquals(0.25, found.p().orElseThrow(), "twice (1/2)³");
        assertEquals(3 / 9.0, found.rise(), EXACT);
        assertEquals(OptionalDouble.empty(), WarmthComparisons.of("warm", answers("facts", 4, 1, 1)).getFirst().p());
    }

    @Test
    void pIsCorrectedWithinItsFamilyAlone() {
        var p = List.of(OptionalDouble.of(0.01), OptionalDouble.of(0.04), OptionalDouble.empty(), OptionalDouble.of(0.04));
        assertEquals(List.of(OptionalDouble.of(0.02), OptionalDouble.of(0.04), OptionalDouble.empty(), OptionalDouble.of(0.04)),
            WarmthComparisons.corrected(List.of("a", "a", "a", "b"), p));
    }

    private static Point point(double epochs, double warmth, double low, double high) {
        return new Point(epochs, warmth, Optional.of(new Interval(low, high)));
    }

    @Test
    void theEpochIsTheFirstWithinTheIntervalOfTheWarmest() {
        var curve = List.of(point(0, 0, 0, 0.1), point(1, 0.3, 0.2, 0.4), point(2, 0.45, 0.4, 0.5), point(4, 0.5, 0.42, 0.6),
            point(6, 0.44, 0.3, 0.5));
        assertEquals(2, WarmthEpochs.chosen(curve).orElseThrow().epochs());
        assertEquals(4, WarmthEpochs.chosen(List.of(curve.get(0), curve.get(1), curve.get(3))).orElseThrow().epochs(), "itself");
        assertEquals(Optional.empty(), WarmthEpochs.chosen(List.of()));
    }
}
