package dev.leeway.study.drifts;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;

/** How far apart the same stances are by luck. */
final class ContributionFloorTest {

    @Test
    void itemsThatAreAllTheSameHaveNone() {
        assertEquals(0, ContributionAnalysis.floor(List.of(new double[] {0.5, 0.5}, new double[] {0.25, 0.25}, new double[0])));
    }

    /**
     * Means of two draws of {0, 1} are 0, ½, 1 with ¼, ½, ¼: two of them are ½ apart with ½, and 1 with ⅛, 0.375 on average. Their
     * distance's deviation is √(¼ − 0.375²) = 0.33, that of the mean of 200 is 0.0234; five of these are the bound.
     */
    @Test
    void twoItemsHaveTheFloorThatIsCountedByHand() {
        double floor = ContributionAnalysis.floor(List.of(new double[] {0, 1}, new double[] {1, 0}, new double[] {0, 0}));
        assertEquals(0.375, floor, 5 * 0.0234);
    }
}
