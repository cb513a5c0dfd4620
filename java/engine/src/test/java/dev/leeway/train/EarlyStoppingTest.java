package dev.leeway.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.leeway.LeewayException;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** When a run that gets no better ends. */
final class EarlyStoppingTest {

    private static Optional<String> reason(EarlyStopping rule, int evaluations, double... values) {
        return rule.reason(IntStream.range(0, evaluations).mapToObj(i -> new EarlyStopping.Point(10 * i, values[i])).toList());
    }

    /** The number of the evaluation, from 1, with which it ends; 0 = it doesn't. */
    private static int end(EarlyStopping rule, double... values) {
        return IntStream.rangeClosed(1, values.length).filter(n -> reason(rule, n, values).isPresent()).findFirst().orElse(0);
    }

    @Test
    void itEndsBehindSoManyEvaluationsInARowWithoutABetterOne() {
        assertEquals(0, end(new EarlyStopping("eval_loss", 2, 0), 3, 2, 2.5, 1.9, 1.9, 1.8));
        assertEquals(6, end(new EarlyStopping("eval_loss", 2, 0), 3, 2, 2.5, 1.9, 1.9, 2.0));
        assertEquals(3, end(new EarlyStopping("eval_loss", 1, 0), 3, 2, 2));
        assertEquals(Optional.of("eval_loss got no better in 1 evaluations; its best was 2.0 behind step 10"),
            reason(new EarlyStopping("eval_loss", 1, 0), 3, 3, 2, 2));
    }

    @Test
    void moreIsBetterOfWhatIsNoLoss() {
        assertEquals(0, end(new EarlyStopping("eval_accuracy", 1, 0), 0.1, 0.2, 0.3));
        assertEquals(2, end(new EarlyStopping("eval_accuracy", 1, 0), 0.2, 0.1));
        assertEquals(0, end(new EarlyStopping("eval_accuracy", 1, 0, false), 0.2, 0.1));
        assertEquals(2, end(new EarlyStopping("eval_loss", 1, 0, true), 0.2, 0.1));
        assertEquals(2, end(new EarlyStopping("eval_loss", 1, 0), 0.1, 0.2));
    }

    /** Steps of 0.4 below a threshold of 0.5 don't add up: each is compared with the one before, which is the best so far. */
    @Test
    void aSmallBettermentDoesNotHelpAndIsTheBestFromThenOn() {
        assertEquals(3, end(new EarlyStopping("eval_loss", 2, 0.5), 3, 2.6, 2.2));
        assertEquals(0, end(new EarlyStopping("eval_loss", 2, 0.3), 3, 2.6, 2.2));
        assertEquals(0, end(new EarlyStopping("eval_loss", 2, 0.5), 3, 2.6, 2.0, 1.9));
    }

    @Test
    void whatIsNoNumberIsNoBetter() {
        assertEquals(3, end(new EarlyStopping("eval_loss", 2, 0), 3, Double.NaN, Double.NaN));
        assertEquals(0, end(new EarlyStopping("eval_loss", 1, 0), Double.NaN, 3, 2));
        assertEquals(3, end(new EarlyStopping("eval_loss", 2, 0), Double.NaN, Double.NaN, Double.NaN));
        assertThrows(LeewayException.class, () -> new EarlyStopping("eval_loss", 0, 0));
        assertThrows(LeewayException.class, () -> new EarlyStopping("eval_loss", 1, Double.NaN));
    }
}
